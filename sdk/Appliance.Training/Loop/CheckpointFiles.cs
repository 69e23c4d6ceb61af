using System.Globalization;
using System.Security.Cryptography;

namespace Appliance.Training;

/// <summary>Checkpoints in a folder: written whole or not at all, named by their own hash, the newest few kept.</summary>
/// <remarks>A file that was cut or changed does not match its name and is passed over for the one before.</remarks>
public sealed class CheckpointFiles(string folder, int keep)
{
    private const string Unfinished = ".tmp";

    public void Write(ReadOnlyMemory<byte> state)
    {
        Directory.CreateDirectory(folder);
        var hash = Convert.ToHexStringLower(SHA256.HashData(state.Span));
        var number = Kept().Select(f => f.Number).DefaultIfEmpty(0).Max() + 1;
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"checkpoint-{number:D8}-{hash}.safetensors"));
        using (var file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write))
        {
            file.Write(state.Span);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + Unfinished, path, overwrite: true);
        foreach (var (_, _, old) in Kept().OrderByDescending(f => f.Number).Skip(keep))
        {
            File.Delete(old);
        }
    }

    /// <summary>The newest whole checkpoint; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Newest()
    {
        foreach (var (_, hash, path) in Kept().OrderByDescending(f => f.Number))
        {
            var bytes = File.ReadAllBytes(path);
            if (Convert.ToHexStringLower(SHA256.HashData(bytes)) == hash)
            {
                return bytes;
            }
        }
        return null;
    }

    private List<(long Number, string Hash, string Path)> Kept() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.GetFiles(folder, "checkpoint-*.safetensors").Select(f => (File: f, Parts: Path.GetFileNameWithoutExtension(f).Split('-')))
            .Where(f => f.Parts.Length == 3 && long.TryParse(f.Parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(f => (long.Parse(f.Parts[1], CultureInfo.InvariantCulture), f.Parts[2], f.File)),
    ];
}
