using System.Net.Sockets;
using System.Runtime.InteropServices;
using Appliance.Models.Checkpoints;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;
using Appliance.Training;
using TorchSharp;

namespace Appliance.Worker;

/// <summary>One connection to the host: load the plugin, then answer, train or score until the host closes.</summary>
internal sealed class Session(FrameStream frames, TimeProvider clock)
{
    private const long FilesBytesMax = 8L << 30;
    private readonly List<RowMessage> _rows = [];
    private BlobCollector _blobs = new(FilesBytesMax);
    private IPlugin? _plugin;
    private ITask? _task;
    private Hello? _hello;

    internal async Task RunAsync()
    {
        // 1 The first frame names the plugin; anything else is no host of ours.
        var first = await frames.ReadAsync(CancellationToken.None);
        await GuardedAsync(first, () => LoadAsync(first));

        // 2 One request after another; the host closes the socket when it is done with us.
        while (true)
        {
            var frame = await frames.ReadAsync(CancellationToken.None);
            await GuardedAsync(frame, () => HandleAsync(frame));
        }
    }

    private Task HandleAsync(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Blob:
                _blobs.Add(frame.Payload.Span);
                return Task.CompletedTask;
            case FrameKind.Rows:
                _rows.AddRange(Messages.Read<Rows>(frame).Items);
                return Task.CompletedTask;
            case FrameKind.Open:
                return OpenAsync(frame);
            case FrameKind.Ask:
                return AnswerAsync(frame);
            case FrameKind.Train:
                return new TrainingSession(frames, frame.Request, _hello!, Trainable(), clock)
                    .RunAsync(Messages.Read<Train>(frame), TakeFiles(), _rows);
            case FrameKind.Inspect:
                return InspectAsync(frame);
            default:
                throw new ProtocolException($"a {frame.Kind} that no host sends here");
        }
    }

    private Task LoadAsync(Frame frame)
    {
        _hello = frame.Kind == FrameKind.Hello ? Messages.Read<Hello>(frame) : throw new ProtocolException("no hello");
        _plugin = _hello.Assembly.Length > 0 ? PluginLoader.Load(_hello.Folder, _hello.Assembly, _hello.Type) : null;
        if (_plugin is not null && PluginLoader.Computes(_plugin))
        {
            SetThreads(_hello.Threads);
        }
        return frames.WriteAsync(Messages.Write(FrameKind.Ready, frame.Request, new Ready(_hello.Nonce)), CancellationToken.None);
    }

    // A method of its own: libtorch is 170 MiB, and is loaded when this one is compiled.
    private static void SetThreads(int threads) => torch.set_num_threads(Math.Clamp(threads, 1, 256));

    private Task OpenAsync(Frame frame)
    {
        _task?.Dispose();
        _task = (_plugin ?? throw new InvalidDataException("No plugin is loaded.")).Open(_hello!.Task, new ModelFiles(TakeFiles()), _hello.Device);
        return frames.WriteAsync(new Frame(FrameKind.Opened, frame.Request, default), CancellationToken.None);
    }

    private Task AnswerAsync(Frame frame)
    {
        var task = _task ?? throw new InvalidDataException("No model is open.");
        return Answering.SendAsync(frames, frame.Request, FrameKind.Answer, task, [.. Messages.Read<Ask>(frame).Inputs.Select(i => new TaskInput(i))]);
    }

    private Task InspectAsync(Frame frame)
    {
        foreach (var (_, content) in TakeFiles().Where(f => f.Key.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            using var file = SafeTensors.Parse(content);
        }
        return frames.WriteAsync(new Frame(FrameKind.Inspected, frame.Request, default), CancellationToken.None);
    }

    private ITrainablePlugin Trainable() => _plugin as ITrainablePlugin
        ?? throw new InvalidDataException("This plugin's tasks cannot be trained.");

    private Dictionary<string, ReadOnlyMemory<byte>> TakeFiles()
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(_blobs.Files);
        _blobs = new BlobCollector(FilesBytesMax);
        return files;
    }

    // What a plugin throws may quote its input: only messages that we wrote, or asked plugins to write without input, go out.
    private async Task GuardedAsync(Frame frame, Func<Task> work)
    {
        Problem problem;
        try
        {
            await work();
            return;
        }
        catch (InvalidDataException e)
        {
            problem = new Problem("refused", e.Message);
        }
        catch (ArgumentException e)
        {
            problem = new Problem("invalid", e.Message);
        }
        catch (Exception e) when (e is SafeTensorsException or DllNotFoundException)
        {
            problem = new Problem("refused", e.Message);
        }
        catch (ExternalException e) when (e.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase))
        {
            problem = new Problem("memory", "There is not enough memory. Lower per_device_train_batch_size or max_length.");
        }
        catch (ExternalException e)
        {
            // libtorch's own words: operators, shapes and devices, never elements.
            problem = new Problem("plugin_error", $"libtorch refused: {e.Message.Split('\n')[0]}");
        }
        catch (Exception e) when (e is not (IOException or SocketException or ProtocolException)) // boundary: a plugin's own exceptions
        {
            problem = new Problem("plugin_error", $"The plugin broke ({e.GetType().Name}). Report it to its maker.");
        }
        await frames.WriteAsync(Messages.Write(FrameKind.Problem, frame.Request, problem), CancellationToken.None);
    }
}
