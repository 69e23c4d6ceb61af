using System.Text;

namespace Appliance.Storage.Audit;

/// <summary>What somebody looks for in the log; absent fields match everything.</summary>
public sealed record AuditQuery(string? Action, string? Actor, string? Object, string? Decision, long AfterSeq, int Limit);

/// <summary>Reads the log through a connection of its own that cannot write.</summary>
public sealed class AuditReader(string path)
{
    /// <summary>Records in order, newest last, as their exact JSON bodies.</summary>
    /// <param name="query">Limit 1 to 10,000.</param>
    public IReadOnlyList<string> Search(AuditQuery query)
    {
        using var database = Database.OpenReader(path);
        return database.Query(
            """
            SELECT body FROM (
              SELECT seq, CAST(body AS TEXT) AS body FROM rec WHERE seq > $after AND body IS NOT NULL ORDER BY seq DESC)
            WHERE ($action IS NULL OR body ->> 'act' = $action OR body ->> 'act' LIKE $action || '.%')
              AND ($actor IS NULL OR body ->> 'actor' = $actor)
              AND ($object IS NULL OR body ->> 'obj' = $object OR body ->> 'obj' LIKE $object || '/%')
              AND ($decision IS NULL OR body ->> 'decision' = $decision)
            LIMIT $limit
            """,
            r => r.GetString(0),
            ("$after", query.AfterSeq), ("$action", query.Action), ("$actor", query.Actor), ("$object", query.Object),
            ("$decision", query.Decision), ("$limit", Math.Clamp(query.Limit, 1, 10_000))).AsEnumerable().Reverse().ToArray();
    }

    /// <summary>The newest signed checkpoint, or null.</summary>
    public string? LastCheckpoint()
    {
        using var database = Database.OpenReader(path);
        return database.Query("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", r => Encoding.UTF8.GetString((byte[])r[0]))
            .FirstOrDefault();
    }
}
