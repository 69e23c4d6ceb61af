using Microsoft.Data.Sqlite;

namespace Appliance.Verifier;

/// <summary>Brings the log, its own checkpoints and the auditor's together into a verdict.</summary>
internal static class Verification
{
    private const int Ok = 0;
    private const int Failed = 4;

    internal static int Run(string log, Note key, IReadOnlyList<string> noteFiles, TextWriter output)
    {
        using var database = new SqliteConnection($"Data Source={log};Mode=ReadOnly;Pooling=False");
        database.Open();

        // 1 Signatures first: a checkpoint of another key proves nothing, and says that something is wrong.
        var outside = noteFiles.Select(f => (File: f, Note: key.Verify(File.ReadAllBytes(f)))).ToArray();
        foreach (var (file, _) in outside.Where(n => n.Note is null))
        {
            output.WriteLine($"checkpoint {file}: not signed by this key");
        }
        var inside = ReadCheckpoints(database, key, out var badInside);

        // 2 Every record, computed again.
        var wanted = outside.Select(n => n.Note).OfType<Checkpoint>().Concat(inside).ToArray();
        var state = LogCheck.Read(database, wanted.Select(c => c.Size).ToHashSet());

        // 3 Every signed size must have the root that was signed.
        var contradicted = wanted.Where(c => c.Size <= state.Size && c.Size > 0 && !state.Roots[c.Size].AsSpan().SequenceEqual(c.Root))
            .Select(c => (long?)c.Size).Min();
        var cutAfter = wanted.Any(c => c.Size > state.Size) && state.BrokenAt is null;
        var proven = outside.Select(n => n.Note).OfType<Checkpoint>().Where(c => c.Size <= state.Size).Select(c => c.Size)
            .DefaultIfEmpty(0).Max();

        // 4 The verdict.
        var intact = state.BrokenAt is null && contradicted is null && badInside is null && outside.All(n => n.Note is not null);
        output.WriteLine(intact ? "integrity: ok" : "integrity: broken at " + (state.BrokenAt ?? contradicted ?? badInside)
            + (contradicted is not null && state.BrokenAt is null ? " (a signed checkpoint of this size has another root)" : "")
            + (contradicted is null && state.BrokenAt is null ? " (a checkpoint is not signed by this key)" : ""));
        var complete = !cutAfter && proven == state.Size;
        output.WriteLine("completeness: " + (cutAfter ? $"truncated after {state.Size}"
            : complete ? "ok" : $"unwitnessed since {proven + 1}"));
        output.WriteLine(
            $"records: {state.Size}, open intents: {state.OpenIntents}, clock steps: {state.ClockSteps}, pruned: {state.Pruned}, " +
            $"own checkpoints: {inside.Count}, proven from outside up to: {proven}");
        return intact && complete ? Ok : Failed;
    }

    private static List<Checkpoint> ReadCheckpoints(SqliteConnection database, Note key, out long? bad)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT size, note FROM checkpoint ORDER BY size";
        using var reader = command.ExecuteReader();
        var checkpoints = new List<Checkpoint>();
        bad = null;
        while (reader.Read())
        {
            if (key.Verify((byte[])reader[1]) is { } checkpoint && checkpoint.Size == reader.GetInt64(0))
            {
                checkpoints.Add(checkpoint);
            }
            else
            {
                bad ??= reader.GetInt64(0);
            }
        }
        return checkpoints;
    }
}
