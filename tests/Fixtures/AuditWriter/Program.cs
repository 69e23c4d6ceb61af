using Appliance.Domain.Audit;
using Appliance.Storage.Audit;

// Writes an audit log until it is killed or done, and prints the number of each record after it was acknowledged.
// AuditWriter FOLDER RECORDS [SEGMENT_RECORDS: sealed after so many, and the key replaced once] [normal: without syncing each commit, which must lose records]
var (folder, records) = (args[0], long.Parse(args[1]));
var segment = args.Length > 2 ? long.Parse(args[2]) : 1_000_000;
var options = new AuditOptions { CheckpointRecords = 25, AcknowledgeSeconds = 60, Unsynced = args.Contains("normal") };
var log = new SqliteAuditLog(folder, "appliance/test/audit", [.. Enumerable.Range(1, 32).Select(k => (byte)k)], "boot-1", TimeProvider.System, options,
    onBrokenDisk: () => Environment.Exit(70));
using var output = Console.OpenStandardOutput();
try
{
    for (var k = 0L; k < records; k++)
    {
        var written = await log.AppendAsync(new AuditEntry(AuditActions.Infer, AuditPhase.Event, "uid:1", "model/m/v1", Code: "ok"));
        output.Write(System.Text.Encoding.ASCII.GetBytes($"{written.Seq}\n"));
        output.Flush();
        // Asked for, not left to the writer's own clock: a fast machine would be through before it looks.
        if (k % segment == segment - 1)
        {
            await log.SealAsync();
        }
        if (k == segment)
        {
            await log.RotateAsync();
        }
    }
    await log.DisposeAsync();
    return 0;
}
catch (AuditUnavailableException)
{
    return 3;
}
