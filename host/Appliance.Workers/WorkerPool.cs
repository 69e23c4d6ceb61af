using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Domain.Jobs;
using Appliance.Domain.Plugins;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;

namespace Appliance.Workers;

/// <summary>The workers of this host: one that answers for each task, and one for each training run.</summary>
public sealed class WorkerPool(WorkerOptions options, IAuditLog audit, TimeProvider clock) : IWorkers, IAsyncDisposable
{
    private const int RowsPerFrame = 256;
    private const int RowsAtOnce = 64;
    private const int RowsCharactersPerFrame = 1 << 20;
    private const long ResultBytesMax = 8L << 30;
    private readonly Dictionary<string, AnsweringWorker> _answering = [];
    private readonly Lock _lock = new();
    private readonly Quarantine _quarantine = new(options.DeathsMax, clock);

    public IReadOnlyList<InstalledPlugin> Plugins { get; private set; } = [];

    /// <summary>Whether a plugin's workers died too often to be started again.</summary>
    public bool Quarantined(string plugin) => _quarantine.Has(plugin);

    /// <summary>Memory that a task's answering worker holds now, in bytes; 0 where none runs or systemd owns it.</summary>
    public long MemoryOf(string task)
    {
        lock (_lock)
        {
            return _answering.TryGetValue(task, out var worker) ? worker.ResidentBytes : 0;
        }
    }

    /// <summary>Reads the manifest of every plugin that came with the appliance; a bad one is left out and named. The list is swapped whole.</summary>
    /// <param name="installed">Those of the site; one that has a task of another's is left out.</param>
    /// <returns>What is wrong with the plugins that were left out.</returns>
    public IReadOnlyList<string> Discover(IEnumerable<InstalledPlugin> installed)
    {
        var problems = new List<string>();
        var found = new List<InstalledPlugin>();
        var folders = Directory.Exists(options.PluginsFolder) ? Directory.GetDirectories(options.PluginsFolder) : [];
        foreach (var folder in folders.Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, "plugin.yaml");
            var (manifest, errors) = File.Exists(path)
                ? PluginManifest.Read(File.ReadAllText(path))
                : (null, ["plugin.yaml is missing"]);
            if (manifest is null)
            {
                problems.AddRange(errors.Select(e => $"{Path.GetFileName(folder)}: {e}"));
            }
            else
            {
                found.Add(new InstalledPlugin(manifest, Path.GetFullPath(folder)));
            }
        }
        foreach (var plugin in installed)
        {
            var taken = plugin.Manifest.Tasks.FirstOrDefault(t => found.Exists(f => f.Manifest.Tasks.Any(o => o.Name == t.Name)));
            if (taken is not null)
            {
                problems.Add($"{plugin.Manifest.Id}: another plugin has the task {taken.Name} already");
            }
            else
            {
                found.Add(plugin);
            }
        }
        Plugins = found;
        return problems;
    }

    public InstalledPlugin? PluginOf(string task) =>
        Plugins.FirstOrDefault(p => p.Manifest.Tasks.Any(t => t.Name == task));

    public async Task<IReadOnlyList<TaskOutput>> AnswerAsync(
        string task, string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, IReadOnlyList<TaskInput> inputs,
        CancellationToken cancellationToken) => await Worker(task).AnswerAsync(modelId, files, inputs, cancellationToken);

    public Task OpenAsync(
        string task, string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, CancellationToken cancellationToken) =>
        Worker(task).OpenAsync(modelId, files, cancellationToken);

    public async Task<TrainedModel> TrainAsync(
        TrainingOrder order, Action<JobProgress> progress, Action<ReadOnlyMemory<byte>> checkpoint, CancellationToken cancellationToken)
    {
        await using var worker = await StartAsync(order.Task, cancellationToken);
        var request = worker.NextRequest();
        return await worker.GuardedAsync(options.SilenceWithin, cancellationToken, async () =>
        {
            await SendAsync(worker, request, order.BaseModel, order.Rows, order.Checkpoint, cancellationToken);
            await worker.Frames.WriteAsync(
                Messages.Write(FrameKind.Train, request, new Train(order.Recipe, [.. order.Labels])), cancellationToken);
            return await FollowAsync(worker, order.Rows.Count, progress, checkpoint, cancellationToken);
        });
    }

    public async Task<IReadOnlyList<TaskOutput>> EvaluateAsync(
        string task, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<TaskInput> rows, CancellationToken cancellationToken)
    {
        await using var worker = await StartAsync(task, cancellationToken);
        await worker.OpenAsync(() => files, options.StartWithin, cancellationToken);
        var outputs = new List<TaskOutput>();
        foreach (var some in rows.Chunk(RowsAtOnce))
        {
            outputs.AddRange(await worker.AskAsync(some, options.SilenceWithin, cancellationToken));
        }
        return outputs;
    }

    public async Task InspectAsync(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken cancellationToken)
    {
        await using var worker = await WorkerHandle.StartAsync(options, null, "", cancellationToken);
        var request = worker.NextRequest();
        await worker.GuardedAsync(options.StartWithin, cancellationToken, async () =>
        {
            await SendAsync(worker, request, files, [], null, cancellationToken);
            return true;
        });
        await worker.CallAsync(
            r => new Frame(FrameKind.Inspect, r, default), FrameKind.Inspected, options.StartWithin, cancellationToken);
    }

    public async Task RecycleAsync(string task)
    {
        AnsweringWorker? worker;
        lock (_lock)
        {
            _answering.Remove(task, out worker);
        }
        if (worker is not null)
        {
            await worker.DisposeAsync();
        }
    }

    /// <summary>Ends a plugin's workers and forgets their deaths: the next request starts it as it is installed now.</summary>
    /// <param name="before">The list before a change, so that tasks that are gone end too.</param>
    public async Task ReleaseAsync(string plugin, IReadOnlyList<InstalledPlugin> before)
    {
        _quarantine.Release(plugin);
        foreach (var task in before.Concat(Plugins).Where(p => p.Manifest.Id == plugin).SelectMany(p => p.Manifest.Tasks).Select(t => t.Name).Distinct())
        {
            await RecycleAsync(task);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var task in _answering.Keys.ToArray())
        {
            await RecycleAsync(task);
        }
    }

    private AnsweringWorker Worker(string task)
    {
        lock (_lock)
        {
            return _answering.TryGetValue(task, out var worker)
                ? worker
                : _answering[task] = new AnsweringWorker(options, Plugin(task), task, audit, _quarantine);
        }
    }

    private InstalledPlugin Plugin(string task) =>
        PluginOf(task) ?? throw new WorkerException("refused", "No installed plugin has this task.");

    private async Task<WorkerHandle> StartAsync(string task, CancellationToken cancellationToken)
    {
        var plugin = Plugin(task);
        await audit.AppendAsync(new AuditEntry(
            AuditActions.WorkerStart, AuditPhase.Event, "host", $"plugin/{plugin.Manifest.Id}", Code: "training"));
        return await WorkerHandle.StartAsync(options, plugin, task, cancellationToken);
    }

    private static async Task SendAsync(
        WorkerHandle worker, long request, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> model, IReadOnlyList<StoredRow> rows,
        ReadOnlyMemory<byte>? checkpoint, CancellationToken cancellationToken)
    {
        foreach (var (name, content) in model)
        {
            await Blobs.SendAsync(worker.Frames, request, "model/" + name, content, cancellationToken);
        }
        if (checkpoint is { } state)
        {
            await Blobs.SendAsync(worker.Frames, request, "checkpoint", state, cancellationToken);
        }
        var batch = new List<RowMessage>();
        var characters = 0;
        foreach (var row in rows)
        {
            batch.Add(new RowMessage(new Dictionary<string, string>(row.Fields), row.Label, row.Split.ToString().ToLowerInvariant()));
            characters += row.Label.Length + row.Fields.Values.Sum(f => f.Length);
            if (batch.Count == RowsPerFrame || characters > RowsCharactersPerFrame)
            {
                await worker.Frames.WriteAsync(Messages.Write(FrameKind.Rows, request, new Rows(batch)), cancellationToken);
                (batch, characters) = ([], 0);
            }
        }
        await worker.Frames.WriteAsync(Messages.Write(FrameKind.Rows, request, new Rows(batch)), cancellationToken);
    }

    private async Task<TrainedModel> FollowAsync(
        WorkerHandle worker, int rowsMax, Action<JobProgress> progress, Action<ReadOnlyMemory<byte>> checkpoint, CancellationToken cancellationToken)
    {
        const string Result = "result/";
        var blobs = new BlobCollector(ResultBytesMax);
        var (answers, unquantized) = (new List<TaskOutput>(), new List<TaskOutput>());
        while (true)
        {
            var frame = await NextAsync(worker, cancellationToken);
            switch (frame.Kind)
            {
                case FrameKind.Progress:
                    var p = Messages.Read<Progress>(frame);
                    progress(new JobProgress(
                        p.Step, p.StepsTotal, p.Epoch, p.Loss, p.LearningRate, p.ExamplesPerSecond, p.ValidationLoss,
                        p.ValidationMetric, p.SecondsLeft));
                    break;
                case FrameKind.Blob:
                    if (blobs.Add(frame.Payload.Span) == "checkpoint")
                    {
                        Keep(checkpoint, blobs.Take("checkpoint"));
                    }
                    break;
                case FrameKind.TestAnswers:
                    answers.AddRange(AnswerCheck.Outputs(frame));
                    break;
                case FrameKind.Unquantized:
                    unquantized.AddRange(AnswerCheck.Outputs(frame));
                    break;
                case FrameKind.Trained:
                    var t = Messages.Read<Trained>(frame);
                    var files = blobs.Files.Where(f => f.Key.StartsWith(Result, StringComparison.Ordinal))
                        .ToDictionary(f => f.Key[Result.Length..], f => f.Value);
                    return new TrainedModel(
                        files, answers, t.Steps, t.BestEpoch, t.Seconds, t.ExamplesPerSecond, t.Precision, t.Threads,
                        unquantized.Count > 0 ? unquantized : null);
                default:
                    throw new ProtocolException($"a {frame.Kind} during training");
            }
            if (Math.Max(answers.Count, unquantized.Count) > rowsMax)
            {
                throw new ProtocolException("more answers than rows");
            }
        }
    }

    // A full disk is the host's trouble, not the worker's: it must not look like a dead worker.
    private static void Keep(Action<ReadOnlyMemory<byte>> checkpoint, ReadOnlyMemory<byte> state)
    {
        try
        {
            checkpoint(state);
        }
        catch (IOException e)
        {
            throw new WorkerException("storage", $"{e.Message} The run stopped; its last checkpoint is kept.");
        }
    }

    private async Task<Frame> NextAsync(WorkerHandle worker, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(options.SilenceWithin);
        var frame = await worker.Frames.ReadAsync(silence.Token);
        WorkerHandle.ThrowIfProblem(frame);
        return frame;
    }
}
