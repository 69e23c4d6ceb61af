using Appliance.Domain.Audit;

namespace Appliance.Storage.Audit;

/// <summary>What waits for the writer: a record, or something to do between two groups.</summary>
internal sealed class AuditCommand
{
    private readonly TaskCompletionSource<object?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal AuditCommand(AuditEntry entry) => Entry = entry;

    internal AuditCommand(Func<object?> act) => Act = act;

    internal AuditEntry? Entry { get; }

    internal Func<object?>? Act { get; }

    internal long Seq { get; set; }

    internal Task<object?> Done => _done.Task;

    internal void Succeed(object? result) => _done.TrySetResult(result);

    internal void Fail(Exception e) => _done.TrySetException(e);
}
