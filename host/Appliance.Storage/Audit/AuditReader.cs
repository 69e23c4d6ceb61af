using System.Text;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage.Audit;

/// <summary>A record as it lies on disk.</summary>
/// <param name="Body">Its exact JSON bytes, or null when it was pruned.</param>
public readonly record struct StoredRecord(long Seq, byte[]? Body);

/// <summary>Reads the log over all of its segments, through connections of its own that cannot write.</summary>
public sealed class AuditReader(string folder, IDisposable? lease = null) : IDisposable
{
    private readonly List<(string Path, long First, Lazy<SqliteConnection> Database)> _segments = [.. new AuditFiles(folder).All()
        .Select(p => (p, Segment.Header(p).FirstSeq, new Lazy<SqliteConnection>(() => Database.OpenReader(p))))];

    /// <summary>Records of a range in order.</summary>
    public IEnumerable<StoredRecord> Read(long first, long last)
    {
        foreach (var database in Covering(first, last))
        {
            using var command = database.Prepare("SELECT seq, body FROM rec WHERE seq BETWEEN $first AND $last ORDER BY seq", ("$first", first), ("$last", last));
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                yield return new StoredRecord(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.Blob(1));
            }
        }
    }

    /// <returns>The record, or null when the log has none of this number.</returns>
    public StoredRecord? Find(long seq)
    {
        foreach (var record in Read(seq, seq))
        {
            return record;
        }
        return null;
    }

    /// <summary>Records on disk now.</summary>
    public long Size => _segments.Count == 0 ? 0
        : _segments[^1].Database.Value.Query("SELECT max(seq) FROM rec", r => r.IsDBNull(0) ? _segments[^1].First - 1 : r.GetInt64(0))[0];

    /// <summary>The public keys of all epochs, the oldest first, as <c>origin+id+base64</c>.</summary>
    public IReadOnlyList<string> PublicKeys() => _segments.Count == 0 ? [] : _segments[^1].Database.Value.Query(
        "SELECT note FROM epoch ORDER BY id", r => Encoding.UTF8.GetString(r.Blob(0)).Split('\n').First(l => l.StartsWith("key ", StringComparison.Ordinal))[4..]);

    public void Dispose()
    {
        foreach (var segment in _segments.Where(s => s.Database.IsValueCreated))
        {
            segment.Database.Value.Dispose();
        }
        lease?.Dispose();
    }

    /// <summary>Hashes of consecutive complete subtrees of a stored level; level 0 are the leaves.</summary>
    /// <returns>Fewer than asked for, where the log is too short or was begun before nodes were stored.</returns>
    internal List<byte[]> Nodes(int level, long first, int count)
    {
        var found = new List<byte[]>(count);
        var (from, to) = ((first << level) + 1, (first + count) << level);
        foreach (var database in Covering(from, to))
        {
            found.AddRange(level == 0
                ? database.Query("SELECT leaf FROM rec WHERE seq BETWEEN $first AND $last ORDER BY seq", r => r.Blob(0), ("$first", from), ("$last", to))
                : database.Query("SELECT h FROM node WHERE level = $level AND idx BETWEEN $first AND $last ORDER BY idx", r => r.Blob(0),
                    ("$level", level), ("$first", first), ("$last", first + count - 1)));
        }
        return found;
    }

    private IEnumerable<SqliteConnection> Covering(long first, long last)
    {
        for (var k = 0; k < _segments.Count; k++)
        {
            var end = k + 1 < _segments.Count ? _segments[k + 1].First - 1 : long.MaxValue;
            if (_segments[k].First <= last && end >= first)
            {
                yield return _segments[k].Database.Value;
            }
        }
    }
}
