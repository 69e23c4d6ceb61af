namespace Appliance.Tests;

/// <summary>A folder of a test's own, gone afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    internal TempFolder()
        : this(inMemory: false)
    {
    }

    /// <param name="inMemory">On a file system that syncs nothing, for tests that open thousands of logs; the disk where there is none.</param>
    internal TempFolder(bool inMemory) => Path = inMemory && Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/appliance-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("appliance-").FullName;

    internal string Path { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just ending may still write; the system's own clean-up takes the rest.
        }
    }
}
