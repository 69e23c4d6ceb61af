using System.Net.Sockets;
using System.Security.Cryptography;
using Appliance.Domain.Plugins;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;
using Appliance.Workers.Launching;

namespace Appliance.Workers;

/// <summary>One worker process that holds one plugin. The host outlives whatever happens in it.</summary>
internal sealed class WorkerHandle : IAsyncDisposable
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);
    private const long CharactersPerFrame = 4 << 20;
    private readonly IWorkerProcess _process;
    private readonly Socket _socket;
    private long _request;
    private volatile bool _ended;

    private WorkerHandle(IWorkerProcess process, Socket socket)
    {
        (_process, _socket) = (process, socket);
        Frames = new FrameStream(new NetworkStream(socket, ownsSocket: true));
    }

    internal FrameStream Frames { get; }

    internal long ResidentBytes => _process.ResidentBytes;

    internal bool IsAlive => !_ended && _process.IsAlive;

    /// <exception cref="WorkerException">The process did not start, or its plugin was refused.</exception>
    internal static async Task<WorkerHandle> StartAsync(
        WorkerOptions options, InstalledPlugin? plugin, string task, CancellationToken cancellationToken)
    {
        var launched = await Task.Run(() => Launchers.For(options, plugin).Launch(plugin), cancellationToken);
        var handle = new WorkerHandle(launched.Process, launched.Socket);
        try
        {
            var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var manifest = plugin?.Manifest; // none: the worker only looks at files
            var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
            var hello = new Hello(
                nonce, plugin?.Folder ?? "", manifest?.Assembly ?? "", manifest?.Type ?? "", task, options.Device, threads);
            var reply = await handle.CallAsync(
                request => Messages.Write(FrameKind.Hello, request, hello), FrameKind.Ready, options.StartWithin, cancellationToken);
            return Messages.Read<Ready>(reply).Nonce == nonce
                ? handle
                : throw new ProtocolException("a ready with another nonce");
        }
        catch (Exception e) when (e is ProtocolException or WorkerException)
        {
            await handle.DisposeAsync();
            throw e as WorkerException ?? new WorkerException("worker_protocol", e.Message);
        }
    }

    internal long NextRequest() => Interlocked.Increment(ref _request);

    /// <summary>Sends one frame and waits for its reply.</summary>
    /// <exception cref="WorkerException">The worker died, hung, broke the protocol or refused.</exception>
    internal async Task<Frame> CallAsync(
        Func<long, Frame> write, FrameKind expected, TimeSpan within, CancellationToken cancellationToken)
    {
        var request = NextRequest();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(within);
        return await GuardedAsync(within, cancellationToken, async () =>
        {
            await Frames.WriteAsync(write(request), deadline.Token);
            var reply = await Frames.ReadAsync(deadline.Token);
            ThrowIfProblem(reply);
            return reply.Kind == expected && reply.Request == request
                ? reply
                : throw new ProtocolException($"a {reply.Kind} where {expected} was due");
        });
    }

    /// <summary>Runs one exchange; whatever ends it badly also ends the worker.</summary>
    internal async Task<T> GuardedAsync<T>(TimeSpan within, CancellationToken cancellationToken, Func<Task<T>> exchange)
    {
        try
        {
            return await exchange();
        }
        catch (WorkerException)
        {
            throw; // an orderly refusal: the worker is well
        }
        catch (ProtocolException e)
        {
            Kill();
            throw new WorkerException("worker_protocol", $"{e.Message} It was ended; check the plugin.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Kill();
            throw new WorkerException("worker_timeout", $"The worker did not answer within {within.TotalSeconds:0.#} s and was ended.");
        }
        catch (OperationCanceledException)
        {
            Kill(); // its answer would come too late and be taken for the next one's
            throw;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Kill();
            throw new WorkerException("worker_died", "The worker process died. Try again; if it dies again, look at the plugin or at memory.");
        }
    }

    /// <summary>Sends a model's files and opens it; ends the worker where that fails.</summary>
    /// <exception cref="WorkerException">The worker died, hung or refused the files.</exception>
    internal async Task OpenAsync(
        Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (name, content) in files())
            {
                await GuardedAsync(within, cancellationToken, async () =>
                {
                    await Blobs.SendAsync(Frames, 0, name, content, cancellationToken);
                    return true;
                });
            }
            await CallAsync(request => new Frame(FrameKind.Open, request, default), FrameKind.Opened, within, cancellationToken);
        }
        catch (Exception e) when (e is WorkerException or OperationCanceledException or InvalidDataException)
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts requests to the open model, as many at once as fit into a frame.</summary>
    /// <exception cref="WorkerException">The worker died, hung, broke the protocol or refused a request.</exception>
    internal async Task<IReadOnlyList<TaskOutput>> AskAsync(IReadOnlyList<TaskInput> inputs, TimeSpan within, CancellationToken cancellationToken)
    {
        var outputs = new List<TaskOutput>();
        while (outputs.Count < inputs.Count)
        {
            var (taken, characters) = (0, 0L);
            while (outputs.Count + taken < inputs.Count && (taken == 0 || characters + Length(inputs[outputs.Count + taken]) <= CharactersPerFrame))
            {
                characters += Length(inputs[outputs.Count + taken++]);
            }
            outputs.AddRange(await AskFrameAsync([.. inputs.Skip(outputs.Count).Take(taken)], within, cancellationToken));
        }
        return outputs;
    }

    private static long Length(TaskInput input) => input.Fields.Values.Sum(f => (long)f.Length);

    private async Task<IReadOnlyList<TaskOutput>> AskFrameAsync(IReadOnlyList<TaskInput> inputs, TimeSpan within, CancellationToken cancellationToken)
    {
        var ask = new Ask([.. inputs.Select(i => new Dictionary<string, string>(i.Fields))]);
        var reply = await CallAsync(request => Messages.Write(FrameKind.Ask, request, ask), FrameKind.Answer, within, cancellationToken);
        return await GuardedAsync(within, cancellationToken, () => Task.FromResult(
            AnswerCheck.Outputs(reply) is var outputs && outputs.Count == inputs.Count ? outputs : throw new ProtocolException("another number of answers than of requests")));
    }

    internal static void ThrowIfProblem(Frame frame)
    {
        if (frame.Kind == FrameKind.Problem)
        {
            var problem = Messages.Read<Problem>(frame);
            throw new WorkerException(problem.Code is "invalid" or "memory" or "plugin_error" ? problem.Code : "refused", problem.Message);
        }
    }

    internal void Kill()
    {
        _ended = true; // its socket may close a moment before the kernel says that it is gone
        _process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        Frames.Dispose(); // the worker ends when its socket does
        using var limit = new CancellationTokenSource(EndWithin);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
        _process.Dispose();
    }
}
