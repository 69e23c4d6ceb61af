namespace Appliance.Storage.Audit;

/// <summary>How full the disk under the log is.</summary>
public enum DiskLevel
{
    Enough,

    /// <summary>Under 5 % or 1 GiB: the operator is told.</summary>
    Warn,

    /// <summary>Under 2 % or 256 MiB: nothing new is imported or trained.</summary>
    Low,

    /// <summary>Under 0.5 % or 64 MiB: nothing is served.</summary>
    Stop,
}

/// <summary>Three marks on the disk, and a file of ballast that leaves room for the record which says that it is full.</summary>
/// <param name="freeBytes">Free and whole size of the disk, bytes.</param>
internal sealed class Watermarks(AuditFiles files, Func<(long Free, long Total)> freeBytes)
{
    private const long BallastMax = 4L << 20;

    internal DiskLevel Level()
    {
        var (free, total) = freeBytes();
        return free < StopAt(total) ? DiskLevel.Stop
            : free < Math.Min(256L << 20, total / 50) ? DiskLevel.Low
            : free < Math.Min(1L << 30, total / 20) ? DiskLevel.Warn
            : DiskLevel.Enough;
    }

    /// <summary>Room enough to serve again: not the last byte, or it would block at the next record.</summary>
    internal bool Recovered()
    {
        var (free, total) = freeBytes();
        return free > StopAt(total) + (File.Exists(files.Ballast) ? 0 : Size(total));
    }

    /// <summary>Lays the ballast in, where it is missing.</summary>
    internal void Load()
    {
        var size = Size(freeBytes().Total);
        if (File.Exists(files.Ballast) && new FileInfo(files.Ballast).Length == size)
        {
            return;
        }
        try
        {
            using var file = new FileStream(files.Ballast, FileMode.Create, FileAccess.Write);
            file.Write(new byte[size]); // written, not only claimed: a hole holds no room
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            Drop();
        }
    }

    /// <summary>Throws the ballast out.</summary>
    internal void Drop() => File.Delete(files.Ballast);

    internal static (long Free, long Total) Of(string folder)
    {
        var drive = new DriveInfo(folder);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    /// <summary>The free bytes under which nothing is served.</summary>
    internal static long StopAt(long total) => Math.Min(64L << 20, total / 200);

    private static long Size(long total) => Math.Clamp(total / 40, 64L << 10, BallastMax);
}
