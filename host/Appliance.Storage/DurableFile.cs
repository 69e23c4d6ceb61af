namespace Appliance.Storage;

/// <summary>Writes a file so that a power cut leaves the old one or the new one, whole: new file, fsync, rename, fsync of the folder.</summary>
internal static class DurableFile
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts content into a file in a form of its own, such as encrypted.</summary>
    internal delegate void Writing(Stream file, ReadOnlySpan<byte> content);

    /// <exception cref="IOException">The disk is full or broken; what was there before is untouched.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> content, Writing write, UnixFileMode mode = Own)
    {
        var temporary = path + ".new";
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode }))
            {
                write(file, content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
            Folders.Sync(Path.GetDirectoryName(path)!); // every path here lies in a folder
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }
}
