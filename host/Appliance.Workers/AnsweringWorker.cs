using Appliance.Domain.Audit;
using Appliance.Domain.Plugins;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;

namespace Appliance.Workers;

/// <summary>The worker that answers for one task: one request at a time, a bounded queue, started again when it dies.</summary>
internal sealed class AnsweringWorker(WorkerOptions options, InstalledPlugin plugin, string task, IAuditLog audit, Quarantine quarantine) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private WorkerHandle? _worker;
    private string? _modelId;
    private int _waiting;

    internal async Task<IReadOnlyList<TaskOutput>> AnswerAsync(
        string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, IReadOnlyList<TaskInput> inputs,
        CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new WorkerException("busy", "Too many requests wait for this task. Try again in a moment.");
        }
        try
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                var worker = await ReadyAsync(modelId, files, cancellationToken);
                return await worker.AskAsync(inputs, options.AnswerWithin, cancellationToken);
            }
            catch (WorkerException e) when (e.Code is "plugin_error" or "memory")
            {
                await EndAsync(); // whatever broke in it may still hold its threads or its memory: the next request gets a fresh one
                throw;
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    internal long ResidentBytes => _worker?.ResidentBytes ?? 0;

    internal async Task OpenAsync(
        string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ReadyAsync(modelId, files, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await EndAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<WorkerHandle> ReadyAsync(
        string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, CancellationToken cancellationToken)
    {
        if (_worker is { IsAlive: true } && _modelId == modelId)
        {
            return _worker;
        }
        var died = _worker is { IsAlive: false };
        await EndAsync();
        if (died && quarantine.Died(plugin.Manifest.Id))
        {
            await audit.AppendAsync(new AuditEntry(AuditActions.PluginQuarantine, AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: "crash-loop"));
        }
        if (quarantine.Has(plugin.Manifest.Id))
        {
            throw new WorkerException("quarantined", $"The plugin {plugin.Manifest.Id} died too often and is not started again. Look at it, then: appliance plugin restart {plugin.Manifest.Id}");
        }
        await audit.AppendAsync(new AuditEntry(
            AuditActions.WorkerStart, AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: died ? "restart" : "answering"));
        var worker = await WorkerHandle.StartAsync(options, plugin, task, cancellationToken);
        await worker.OpenAsync(files, options.StartWithin, cancellationToken);
        (_worker, _modelId) = (worker, modelId);
        return worker;
    }

    private async Task EndAsync()
    {
        if (_worker is { } worker)
        {
            (_worker, _modelId) = (null, null);
            await worker.DisposeAsync();
            await audit.AppendAsync(new AuditEntry(AuditActions.WorkerStop, AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: "ok"));
        }
    }
}
