using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Torch.Beyond;

/// <summary>Processes on one or several machines that add up tensors: c10d over Gloo.</summary>
public sealed class ProcessGroup : IDisposable
{
#if BRIDGE
    private readonly nint _group;

    private ProcessGroup(nint group) => _group = group;

    /// <summary>Waits until all processes have come together.</summary>
    /// <param name="host">Where the first process listens.</param>
    /// <param name="rank">0 for the process that listens, up to <paramref name="size"/> − 1.</param>
    /// <exception cref="IOException">They did not come in time, or this build has no Gloo.</exception>
    public static ProcessGroup Open(string host, int port, int rank, int size, TimeSpan timeout)
    {
        var group = Native.bridge_group_open(host, port, rank, size, (long)timeout.TotalMilliseconds);
        return group != 0 ? new ProcessGroup(group) : throw new IOException($"The processes did not come together at {host}:{port}: {Native.LastError().Split('\n')[0]}");
    }

    /// <summary>Replaces each float32 tensor by its sum over all processes.</summary>
    /// <exception cref="IOException">A process was lost.</exception>
    public unsafe void Sum(IReadOnlyList<Tensor> tensors)
    {
        var handles = tensors.Select(t => t.Handle).ToArray();
        fixed (nint* all = handles)
        {
            if (Native.bridge_group_sum(_group, all, handles.Length) < 0)
            {
                throw new IOException($"Another process was lost ({Native.LastError().Split('\n')[0]}). This one stops; its last checkpoint is kept. Start all of them again to go on.");
            }
        }
        GC.KeepAlive(tensors);
    }

    public void Dispose() => Native.bridge_group_close(_group);
#else
    public static ProcessGroup Open(string host, int port, int rank, int size, TimeSpan timeout) =>
        throw new IOException("This build has no process groups: build without TorchPackage.");

    public void Sum(IReadOnlyList<Tensor> tensors) => throw new NotSupportedException();

    public void Dispose()
    {
    }
#endif
}
