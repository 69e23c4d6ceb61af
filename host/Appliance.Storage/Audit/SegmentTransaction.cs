using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>All of a group or nothing of it. Plain SQL, so that prepared commands can be used in it again and again.</summary>
internal sealed class SegmentTransaction : IDisposable
{
    private readonly SqliteConnection _database;
    private bool _over;

    internal SegmentTransaction(SqliteConnection database)
    {
        _database = database;
        _database.Execute("BEGIN IMMEDIATE");
    }

    internal void Commit()
    {
        _database.Execute("COMMIT");
        _over = true;
    }

    public void Dispose()
    {
        if (_over)
        {
            return;
        }
        try
        {
            _database.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite rolled back by itself when the write failed.
        }
    }
}
