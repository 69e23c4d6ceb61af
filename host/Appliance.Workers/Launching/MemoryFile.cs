using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Appliance.Workers.Launching;

/// <summary>A file without a name, in memory: for a child that reads a descriptor.</summary>
internal static unsafe partial class MemoryFile
{
    private const uint CloseOnExec = 1;

    internal static SafeFileHandle Of(ReadOnlySpan<byte> content)
    {
        var number = memfd_create("filter", CloseOnExec);
        if (number < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "No memory file could be made");
        }
        var handle = new SafeFileHandle(number, ownsHandle: true);
        RandomAccess.Write(handle, content, 0);
        return handle;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
