using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Appliance.Domain.Plugins;
using Appliance.Protocol;
using Appliance.Sdk.Recipes;

namespace Appliance.Workers;

/// <summary>One worker process that holds one plugin. The host outlives whatever happens in it.</summary>
internal sealed class WorkerHandle : IAsyncDisposable
{
    // The only variables that a worker sees; a plugin must not read the host's environment.
    private static readonly string[] Passed =
        ["PATH", "LD_LIBRARY_PATH", "LIBTORCH_HOME", "DOTNET_ROOT", "CUDA_VISIBLE_DEVICES"];

    private static readonly (string Name, string Value)[] Set =
        [("DOTNET_EnableDiagnostics", "0"), ("HOME", "/nonexistent"), .. JobEnvironment.Set.Select(v => (v.Key, v.Value))];

    private static readonly Lock Starting = new();
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);
    private readonly Process _process;
    private readonly Socket _socket;
    private long _request;

    private WorkerHandle(Process process, Socket socket)
    {
        (_process, _socket) = (process, socket);
        Frames = new FrameStream(new NetworkStream(socket, ownsSocket: true));
    }

    internal FrameStream Frames { get; }

    internal int ProcessId => _process.Id;

    internal bool IsAlive => !_process.HasExited;

    /// <exception cref="WorkerException">The process did not start, or its plugin was refused.</exception>
    internal static async Task<WorkerHandle> StartAsync(
        WorkerOptions options, InstalledPlugin? plugin, string task, CancellationToken cancellationToken)
    {
        var handle = Spawn(options);
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
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
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

    private static WorkerHandle Spawn(WorkerOptions options)
    {
        if (!File.Exists(options.Program))
        {
            throw new WorkerException("worker_died", $"The worker program {options.Program} is missing. Install the appliance again.");
        }
        var (host, child) = SocketPair.Create();
        var start = new ProcessStartInfo(options.Program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
            ArgumentList = { "--fd", child.DangerousGetHandle().ToString() },
        };
        start.Environment.Clear();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }
        foreach (var (name, value) in Set)
        {
            start.Environment[name] = value;
        }
        // One start at a time: between these two lines any other child would inherit the socket too.
        lock (Starting)
        {
            SocketPair.LetInherit(child, true);
            var process = Process.Start(start) ?? throw new WorkerException("worker_died", "The worker program did not start.");
            child.Dispose();
            process.StandardInput.Close();
            Discard(process.StandardOutput);
            Discard(process.StandardError);
            return new WorkerHandle(process, host);
        }
    }

    // What a plugin prints may quote its input: it is read, so that the plugin never blocks, and forgotten.
    private static void Discard(StreamReader output) => _ = output.BaseStream.CopyToAsync(Stream.Null);
}
