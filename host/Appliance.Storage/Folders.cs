using System.Runtime.InteropServices;

namespace Appliance.Storage;

/// <summary>A name is on disk only when its folder is.</summary>
internal static partial class Folders
{
    private const int DirectoryFlag = 0x10000;

    /// <exception cref="IOException">The disk did not take it.</exception>
    internal static void Sync(string path)
    {
        var folder = open(path, DirectoryFlag);
        try
        {
            if (folder < 0 || fsync(folder) != 0)
            {
                throw new IOException($"fsync of the folder {path} failed");
            }
        }
        finally
        {
            close(folder);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
