using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Appliance.Packages;

/// <summary>The archive: a zip of stored files in order, all of one date, so that the same files give the same bytes.</summary>
internal static partial class PackageFiles
{
    private const int FilesMax = 2048;
    private const long BytesMax = 2L << 30;
    private static readonly DateTimeOffset Date = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static byte[] Write(IReadOnlyDictionary<string, byte[]> files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
                (entry.LastWriteTime, entry.ExternalAttributes) = (Date, 0);
                using var body = entry.Open();
                body.Write(content);
            }
        }
        return stream.ToArray();
    }

    /// <exception cref="PackageException">It is not such an archive, byte for byte.</exception>
    internal static Dictionary<string, byte[]> Read(byte[] package)
    {
        var files = new Dictionary<string, byte[]>();
        try
        {
            using var zip = new ZipArchive(new MemoryStream(package, writable: false), ZipArchiveMode.Read);
            var folded = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            if (zip.Entries.Count is 0 or > FilesMax || zip.Entries.Sum(e => e.Length) > Math.Min(BytesMax, package.Length))
            {
                throw Bad($"it has no files, more than {FilesMax} of them, or they are larger than it");
            }
            foreach (var entry in zip.Entries)
            {
                if (!IsName(entry.FullName) || !folded.Add(entry.FullName))
                {
                    throw Bad("a file's name leads out of it, is there twice, or has characters that are not allowed");
                }
                using var body = entry.Open();
                var content = new byte[entry.Length];
                body.ReadExactly(content);
                files[entry.FullName] = content;
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw Bad("it is damaged or no package");
        }
        // Whatever a zip can hide (other order, dates, comments, links, bytes between files) ends here.
        return Write(files).AsSpan().SequenceEqual(package) ? files : throw Bad("it was not written by appliance plugin pack; pack it again");
    }

    /// <summary>Plain relative names: letters, digits, <c>. _ - /</c>, no part that begins with a dot.</summary>
    internal static bool IsName(string path) => path.Length <= 240 && NamePattern().IsMatch(path);

    private static PackageException Bad(string reason) => new("archive", reason);

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
