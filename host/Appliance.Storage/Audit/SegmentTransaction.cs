using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>All of a group or nothing of it. Plain SQL, so that prepared commands can be used in it again and again.</summary>
internal sealed class SegmentTransaction : IDisposable
{
    private readonly SqliteConnection _database;
    private readonly SqliteCommand _commit;
    private bool _over;

    /// <param name="begin">Prepared once for all groups, as is <paramref name="commit"/>.</param>
    internal SegmentTransaction(SqliteConnection database, SqliteCommand begin, SqliteCommand commit)
    {
        (_database, _commit) = (database, commit);
        begin.ExecuteNonQuery();
    }

    internal void Commit()
    {
        _commit.ExecuteNonQuery();
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
