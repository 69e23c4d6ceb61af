using System.Runtime.InteropServices;

namespace Appliance.Fixtures.Attack;

/// <summary>System calls by number on x86-64, for what .NET does not offer.</summary>
internal static unsafe partial class Kernel
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Call(long number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0);

    [LibraryImport("libc")]
    internal static partial void abort();

    internal static bool Works(long number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0) => Call(number, a, b, c, d, e) >= 0;

    /// <summary>A descriptor that is closed again at once.</summary>
    internal static bool Opens(long number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        var opened = Call(number, a, b, c, d, e);
        if (opened >= 0)
        {
            Call(3, (nint)opened);
        }
        return opened >= 0;
    }

    internal static bool WithText(string text, Func<nint, bool> use)
    {
        var bytes = Marshal.StringToCoTaskMemUTF8(text);
        try
        {
            return use(bytes);
        }
        finally
        {
            Marshal.FreeCoTaskMem(bytes);
        }
    }

    internal static bool WithRoom(int bytes, Func<nint, bool> use)
    {
        var room = (nint)NativeMemory.AllocZeroed((nuint)bytes);
        try
        {
            return use(room);
        }
        finally
        {
            NativeMemory.Free((void*)room);
        }
    }
}
