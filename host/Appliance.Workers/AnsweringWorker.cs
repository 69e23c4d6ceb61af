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

    internal async Task<TaskOutput> AnswerAsync(
        string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, TaskInput input,
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
                var reply = await worker.CallAsync(
                    request => Messages.Write(FrameKind.Ask, request, new Ask(new Dictionary<string, string>(input.Fields))),
                    FrameKind.Answer, options.AnswerWithin, cancellationToken);
                return ToOutput(Messages.Read<Answer>(reply));
            }
            catch (ProtocolException e)
            {
                _worker?.Kill();
                throw new WorkerException("worker_protocol", $"{e.Message} It was ended; check the plugin.");
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
            await audit.AppendAsync(new AuditEntry("plugin.quarantine", AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: "crash-loop"));
        }
        if (quarantine.Has(plugin.Manifest.Id))
        {
            throw new WorkerException("quarantined", $"The plugin {plugin.Manifest.Id} died too often and is not started again. Look at it, then: appliance plugin restart {plugin.Manifest.Id}");
        }
        await audit.AppendAsync(new AuditEntry(
            AuditActions.WorkerStart, AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: died ? "restart" : "answering"));
        var worker = await WorkerHandle.StartAsync(options, plugin, task, cancellationToken);
        try
        {
            foreach (var (name, content) in files())
            {
                await worker.GuardedAsync(options.StartWithin, cancellationToken, async () =>
                {
                    await Blobs.SendAsync(worker.Frames, 0, name, content, cancellationToken);
                    return true;
                });
            }
            await worker.CallAsync(
                request => new Frame(FrameKind.Open, request, default), FrameKind.Opened, options.StartWithin, cancellationToken);
        }
        catch (Exception e) when (e is WorkerException or OperationCanceledException or InvalidDataException)
        {
            await worker.DisposeAsync();
            throw;
        }
        (_worker, _modelId) = (worker, modelId);
        return worker;
    }

    private async Task EndAsync()
    {
        if (_worker is { } worker)
        {
            (_worker, _modelId) = (null, null);
            await worker.DisposeAsync();
        }
    }

    // The worker is hostile: scores that are no probabilities, or endless lists, end here.
    private static TaskOutput ToOutput(Answer answer) =>
        answer.Predictions.Count <= 10_000 && answer.Predictions.All(p => p.Score is >= 0 and <= 1.000001 && p.Label.Length <= 256)
            ? new TaskOutput([.. answer.Predictions.Select(p => new Prediction(p.Label, p.Score, p.Text, p.Start, p.End))])
            : throw new ProtocolException("predictions out of range");
}
