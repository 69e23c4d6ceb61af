using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Appliance.Workers;

/// <summary>Two connected sockets: one for the host, one that a child inherits by its number.</summary>
internal static unsafe partial class SocketPair
{
    private const int AfUnix = 1;
    private const int SockStream = 1;
    private const int SockCloseOnExec = 0x80000;
    private const int FSetFd = 2;

    /// <summary>Both ends close on exec; <see cref="LetInherit"/> opens the door for one child.</summary>
    internal static (Socket Host, SafeSocketHandle Child) Create()
    {
        int* ends = stackalloc int[2];
        if (socketpair(AfUnix, SockStream | SockCloseOnExec, 0, ends) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "No socket pair could be made");
        }
        return (new Socket(new SafeSocketHandle(ends[0], true)), new SafeSocketHandle(ends[1], true));
    }

    internal static void LetInherit(SafeHandle handle, bool on)
    {
        if (fcntl((int)handle.DangerousGetHandle(), FSetFd, on ? 0 : 1) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "A descriptor could not be handed on");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);
}
