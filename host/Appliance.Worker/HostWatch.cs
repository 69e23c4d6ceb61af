using System.Runtime.InteropServices;

namespace Appliance.Worker;

/// <summary>Ends this process when the host closes its socket, whatever a plugin is doing then: a unit's worker cannot be killed by the host.</summary>
internal static unsafe partial class HostWatch
{
    private const short HangUp = 0x2010; // POLLRDHUP | POLLHUP
    private const int Interrupted = 4;

    internal static void Start(int socket) =>
        new Thread(() => Wait(socket)) { IsBackground = true, Name = "host watch", Priority = ThreadPriority.AboveNormal }.Start();

    // No handler of the runtime or of the plugin runs: one that waits would keep the process.
    private static void Wait(int socket)
    {
        var watched = new Watched { Descriptor = socket, Events = HangUp };
        while (poll(&watched, 1, -1) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            // A signal came in between.
        }
        _exit(0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(Watched* descriptors, ulong count, int milliseconds);

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        internal int Descriptor;
        internal short Events;
        internal short Seen;
    }
}
