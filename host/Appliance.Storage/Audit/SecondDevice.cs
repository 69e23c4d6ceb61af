using System.Runtime.InteropServices;

namespace Appliance.Storage.Audit;

/// <summary>Copies of sealed segments on another disk: new file, fsync, rename, fsync of the folder.</summary>
public static partial class SecondDevice
{
    /// <returns>Each segment that was tried, with <c>ok</c>, <c>same-device</c> when it is no other disk, or <c>failed</c>.</returns>
    public static IReadOnlyList<(long Segment, string Code)> CopyMissing(string folder, string second)
    {
        var (from, to) = (new AuditFiles(folder), new AuditFiles(second));
        var done = new List<(long, string)>();
        foreach (var (id, path) in from.SealedSegments().Where(s => !File.Exists(to.Sealed(s.Id))))
        {
            try
            {
                Copy(from.NoteOf(id), to.NoteOf(id));
                Copy(path, to.Sealed(id));
                done.Add((id, DeviceOf(folder) == DeviceOf(second) ? "same-device" : "ok"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                done.Add((id, "failed"));
            }
        }
        return done;
    }

    private static void Copy(string from, string to) => DurableFile.Replace(to, [], (target, _) =>
    {
        using var source = File.OpenRead(from);
        source.CopyTo(target);
    }, UnixFileMode.UserRead | UnixFileMode.GroupRead);

    // The file system's id: the same disk twice protects from nothing. f_fsid lies 56 bytes into statfs on 64-bit Linux.
    private static unsafe long DeviceOf(string path)
    {
        var buffer = stackalloc byte[256];
        return statfs(path, buffer) == 0 ? *(long*)(buffer + 56) : -1;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statfs(string path, byte* buffer);
}
