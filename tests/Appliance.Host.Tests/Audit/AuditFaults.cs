using Appliance.Storage.Audit;

namespace Appliance.Tests.Audit;

/// <summary>What tests of kills, power cuts and failing calls share: the program that writes, the log that is opened after it.</summary>
/// <remarks>Deep runs: <c>bench/audit-faults</c> sets <c>APPLIANCE_DEEP</c> to a factor; bench/RESULTS.md has what came of them.</remarks>
internal static class AuditFaults
{
    internal static int Deep { get; } = int.Parse(Environment.GetEnvironmentVariable("APPLIANCE_DEEP") ?? "1");

    internal static string Writer { get; } = Repository.File("artifacts", "build", "AuditWriter", "Release", "net10.0", "AuditWriter");

    internal static Closing Open(TempFolder folder) => new(SampleLog.Open(folder.File("log")));

    internal sealed record Closing(SqliteAuditLog Log) : IDisposable
    {
        internal void Keep(TempFolder folder)
        {
            File.WriteAllText(folder.File("audit.pub"), Log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), Log.CheckpointAsync().GetAwaiter().GetResult());
        }

        internal long Append() => Log.AppendAsync(SampleLog.Entry()).GetAwaiter().GetResult().Seq;

        public void Dispose() => Log.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
