using System.Threading.Channels;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;

namespace Appliance.Service.Hosting;

/// <summary>Brings sealed segments of the log to the second device, where there is one.</summary>
internal sealed class SegmentCopies(SqliteAuditLog audit, AuditOptions options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.SecondDevice is not { } second)
        {
            return;
        }
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        audit.OnSealed = () => wake.Writer.TryWrite(true);
        wake.Writer.TryWrite(true); // what was sealed before this start
        await foreach (var _ in wake.Reader.ReadAllAsync(stoppingToken))
        {
            foreach (var (segment, code) in SecondDevice.CopyMissing(audit.Folder, second))
            {
                await audit.AppendAsync(new AuditEntry(AuditActions.Copy, AuditPhase.Event, "host", $"segment/{segment}", Code: code));
            }
        }
    }
}
