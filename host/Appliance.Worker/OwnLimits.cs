using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Appliance.Worker;

/// <summary>What this process may take at most: set on itself before the first frame, hard, so that no plugin can raise it again.</summary>
internal static partial class OwnLimits
{
    private const int FileSize = 1, Data = 2, Core = 4, Processes = 6, Files = 7;
    private const ulong FilesMax = 1024;
    private const long Mebibyte = 1 << 20;

    /// <param name="arguments">--memory-mib N (0: three quarters of the machine's), --tasks N, --file-mib N; absent ones set nothing.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    internal static void Lower(IReadOnlyDictionary<string, long> arguments)
    {
        Set(Core, 0);
        Set(Files, FilesMax);
        if (arguments.TryGetValue("--memory-mib", out var memory))
        {
            // Private memory that can be written, which the kernel counts as it is mapped: address space alone is CoreCLR's by the terabyte.
            Set(Data, (ulong)(memory > 0 ? memory * Mebibyte : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3));
        }
        if (arguments.TryGetValue("--tasks", out var tasks))
        {
            Set(Processes, (ulong)tasks);
        }
        if (arguments.TryGetValue("--file-mib", out var size))
        {
            Set(FileSize, (ulong)(size * Mebibyte));
        }
    }

    /// <returns>Null where the arguments are not pairs of a name and a number.</returns>
    internal static Dictionary<string, long>? Read(ReadOnlySpan<string> arguments)
    {
        var all = new Dictionary<string, long>();
        for (var k = 0; k < arguments.Length; k += 2)
        {
            if (k + 1 >= arguments.Length || !long.TryParse(arguments[k + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }
            all[arguments[k]] = value;
        }
        return all;
    }

    private static void Set(int resource, ulong value)
    {
        var limit = new Limit { Soft = value, Hard = value };
        if (setrlimit(resource, in limit) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "A limit could not be set");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
