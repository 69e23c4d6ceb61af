using Appliance.Domain.Audit;

namespace Appliance.Tests;

/// <summary>A log in memory that can be switched off.</summary>
internal sealed class FakeAudit : IAuditLog
{
    internal bool Down { get; set; }

    /// <summary>Refuses from this record on; 0 never.</summary>
    internal int DownFrom { get; set; }

    internal List<AuditEntry> Entries { get; } = [];

    public Task<AuditRecord> AppendAsync(AuditEntry entry)
    {
        if (Down || (DownFrom > 0 && Entries.Count + 1 >= DownFrom))
        {
            throw new AuditUnavailableException("the test says so");
        }
        Entries.Add(entry);
        return Task.FromResult(new AuditRecord(Entries.Count));
    }
}
