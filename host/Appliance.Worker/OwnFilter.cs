using System.ComponentModel;
using System.Runtime.InteropServices;
using Appliance.Workers.Launching;

namespace Appliance.Worker;

/// <summary>The system call filter, set by this process on all its threads before a plugin is loaded: where a unit and no bubblewrap started it.</summary>
/// <remarks>A unit's own filter knows names and no arguments: it cannot tell a thread from a process, nor one family of sockets from another.</remarks>
internal static unsafe partial class OwnFilter
{
    private const int NoNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS
    private const long SetFilter = 1, AllThreads = 1; // SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC

    /// <exception cref="Win32Exception">The kernel refused: nothing may run.</exception>
    internal static void Seal()
    {
        var bytes = SeccompFilter.Bytes();
        fixed (byte* instructions = bytes)
        {
            var program = new Program { Count = (ushort)(bytes.Length / 8), Instructions = instructions };
            var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 277 : 317; // seccomp
            if (prctl(NoNewPrivileges, 1, 0, 0, 0) != 0 || syscall(number, SetFilter, AllThreads, &program) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "The system call filter could not be set");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long operation, long flags, Program* program);

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        internal ushort Count;
        internal byte* Instructions;
    }
}
