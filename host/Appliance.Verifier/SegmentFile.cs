using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Appliance.Verifier;

/// <summary>Rows of a segment, copied out of SQLite in one go.</summary>
internal sealed class Batch
{
    internal const int RowsMax = 2048;

    internal readonly long[] Seq = new long[RowsMax];
    internal readonly byte[] Hashes = new byte[RowsMax * 2 * Hash.Bytes]; // leaf and chain of each row
    internal readonly int[] End = new int[RowsMax]; // where each body ends in Bodies
    internal readonly bool[] Pruned = new bool[RowsMax];
    internal readonly bool[] Misshapen = new bool[RowsMax];
    internal byte[] Bodies = new byte[RowsMax * 768];
    internal int Rows;

    internal ReadOnlySpan<byte> Leaf(int row) => Hashes.AsSpan(row * 2 * Hash.Bytes, Hash.Bytes);

    internal ReadOnlySpan<byte> Chain(int row) => Hashes.AsSpan((row * 2 + 1) * Hash.Bytes, Hash.Bytes);

    internal ReadOnlySpan<byte> Body(int row) => Bodies.AsSpan(row == 0 ? 0 : End[row - 1], End[row] - (row == 0 ? 0 : End[row - 1]));
}

/// <summary>One file of a log, opened so that nothing in it can act: tables are read, views and triggers are not.</summary>
internal sealed class SegmentFile : IDisposable
{
    private const int BodyBytesMax = 1 << 20;
    private readonly SqliteConnection _database;

    /// <exception cref="SqliteException">The file is no database.</exception>
    internal SegmentFile(string path)
    {
        Path = path;
        // Without a write-ahead log beside it nobody is writing: then a disk that cannot be written is good enough.
        var source = File.Exists(path + "-wal") ? path : new Uri(System.IO.Path.GetFullPath(path)).AbsoluteUri + "?immutable=1";
        _database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        _database.Open();
        using (var pragmas = _database.CreateCommand())
        {
            pragmas.CommandText = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-2048;";
            pragmas.ExecuteNonQuery();
        }
        Tables = Rows("SELECT name FROM sqlite_master WHERE type = 'table'", r => r.IsDBNull(0) ? "" : r.GetString(0)).ToHashSet();
        var header = Tables.Contains("segment") ? Rows("SELECT id, first_seq, chain, peaks FROM segment", r => (Number(r, 0), Number(r, 1), Blob(r, 2), Blob(r, 3))) : [];
        // Version 1 had one file and said nothing of it.
        (Id, FirstSeq, Chain, Peaks) = header.Count == 1 ? header[0] : (1, 1, new byte[Hash.Bytes], []);
        Sound = Tables.Contains("rec") && Tables.Contains("checkpoint") && header.Count < 2 && FirstSeq >= 1 && Chain.Length == Hash.Bytes;
    }

    internal string Path { get; }

    internal long Id { get; }

    internal long FirstSeq { get; }

    internal byte[] Chain { get; }

    internal byte[] Peaks { get; }

    /// <summary>False when the file lacks what a segment must have.</summary>
    internal bool Sound { get; }

    private IReadOnlySet<string> Tables { get; }

    internal IReadOnlyList<(long Size, byte[] Note)> Checkpoints() => Rows("SELECT size, note FROM checkpoint ORDER BY size", r => (Number(r, 0), Blob(r, 1)));

    internal IReadOnlyList<(long Id, byte[] Note)> Epochs() =>
        Tables.Contains("epoch") ? Rows("SELECT id, note FROM epoch ORDER BY id", r => (Number(r, 0), Blob(r, 1))) : [];

    internal IReadOnlyList<byte[]> Witnesses() => Tables.Contains("witness") ? Rows("SELECT note FROM witness ORDER BY size", r => Blob(r, 0)) : [];

    /// <summary>All records in order of their numbers.</summary>
    /// <exception cref="SqliteException">The file is damaged from here on.</exception>
    internal void Read(Func<Batch> empty, Action<Batch> full)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database.Handle, "SELECT seq, leaf, chain, body FROM rec ORDER BY seq", out var statement), _database.Handle);
        using (statement)
        {
            var batch = empty();
            int step;
            while ((step = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                Take(statement, batch);
                if (batch.Rows == Batch.RowsMax)
                {
                    full(batch);
                    batch = empty();
                }
            }
            full(batch);
            if (step != raw.SQLITE_DONE)
            {
                throw new SqliteException("damaged", step);
            }
        }
    }

    public void Dispose() => _database.Dispose();

    private static void Take(sqlite3_stmt statement, Batch batch)
    {
        var row = batch.Rows++;
        var start = row == 0 ? 0 : batch.End[row - 1];
        batch.Seq[row] = raw.sqlite3_column_int64(statement, 0);
        var leaf = raw.sqlite3_column_blob(statement, 1);
        var chain = raw.sqlite3_column_blob(statement, 2);
        batch.Pruned[row] = raw.sqlite3_column_type(statement, 3) == raw.SQLITE_NULL;
        var body = raw.sqlite3_column_blob(statement, 3);
        batch.Misshapen[row] = leaf.Length != Hash.Bytes || chain.Length != Hash.Bytes || body.Length > BodyBytesMax || !IsBlob(statement, 1) || !IsBlob(statement, 2)
            || !(batch.Pruned[row] || IsBlob(statement, 3));
        batch.End[row] = start;
        if (batch.Misshapen[row])
        {
            return;
        }
        leaf.CopyTo(batch.Hashes.AsSpan(row * 2 * Hash.Bytes));
        chain.CopyTo(batch.Hashes.AsSpan((row * 2 + 1) * Hash.Bytes));
        if (start + body.Length > batch.Bodies.Length)
        {
            Array.Resize(ref batch.Bodies, Math.Max(batch.Bodies.Length * 2, start + body.Length));
        }
        body.CopyTo(batch.Bodies.AsSpan(start));
        batch.End[row] = start + body.Length;
    }

    // The same bytes under another type are not what was written either.
    private static bool IsBlob(sqlite3_stmt statement, int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_BLOB;

    // A flipped bit makes a number of a blob, or nothing of either: that is a fault to be named, not an end of the program.
    private static long Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? -1 : row.GetInt64(column);

    private static byte[] Blob(SqliteDataReader row, int column) => row[column] as byte[] ?? [];

    private List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }
}
