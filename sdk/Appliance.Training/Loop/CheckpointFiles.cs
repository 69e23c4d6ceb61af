using System.Globalization;
using System.Security.Cryptography;
using Appliance.Models.Checkpoints;
using Appliance.Training.Distributed;

namespace Appliance.Training;

/// <summary>Checkpoints in a folder: written whole or not at all, named by their own hash, the newest few kept.</summary>
/// <remarks>A file that was cut or changed does not match its name and is passed over for the one before.</remarks>
public sealed class CheckpointFiles(string folder, int keep)
{
    private const string Unfinished = ".tmp";

    public void Write(ICheckpoint state)
    {
        Directory.CreateDirectory(folder);
        var number = Kept().Select(f => f.Number).DefaultIfEmpty(0).Max() + 1;
        var unfinished = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"checkpoint-{number:D8}{Unfinished}"));
        var hash = WriteHashed(state, unfinished);
        File.Move(unfinished, Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"checkpoint-{number:D8}-{hash}.safetensors")), overwrite: true);
        foreach (var (_, _, old) in Kept().OrderByDescending(f => f.Number).Skip(keep))
        {
            File.Delete(old);
        }
    }

    /// <summary>The newest whole checkpoint, to be disposed of; null where there is none.</summary>
    public SafeTensors? Newest() => Whole().FirstOrDefault();

    /// <summary>The newest checkpoint that all processes have: one may have kept a step that another was lost before.</summary>
    /// <exception cref="InvalidDataException">This process has none of that step.</exception>
    /// <exception cref="IOException">A process was lost.</exception>
    public SafeTensors? NewestOf(IGradientExchange exchange)
    {
        var whole = Whole().ToArray();
        var common = exchange.Gather(whole.Select(RunState.StepOf).DefaultIfEmpty(-1).First()).Min();
        var taken = whole.FirstOrDefault(f => RunState.StepOf(f) == common);
        foreach (var other in whole.Where(f => f != taken))
        {
            other.Dispose();
        }
        return common < 0 ? null : taken ?? throw new InvalidDataException(
            $"Another process goes on from step {common}, and {folder} has no checkpoint of it. Copy that process's folder here, or delete all of them to begin anew.");
    }

    private IEnumerable<SafeTensors> Whole()
    {
        foreach (var (_, hash, path) in Kept().OrderByDescending(f => f.Number))
        {
            using var stream = File.OpenRead(path);
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) == hash)
            {
                yield return SafeTensors.Open(path);
            }
        }
    }

    private static string WriteHashed(ICheckpoint state, string path)
    {
        using var sha = SHA256.Create();
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write))
        {
            using (var hashed = new CryptoStream(file, sha, CryptoStreamMode.Write, leaveOpen: true))
            {
                state.WriteTo(hashed);
            }
            file.Flush(flushToDisk: true);
        }
        return Convert.ToHexStringLower(sha.Hash!); // final once the stream is closed
    }

    private List<(long Number, string Hash, string Path)> Kept() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.GetFiles(folder, "checkpoint-*.safetensors").Select(f => (File: f, Parts: Path.GetFileNameWithoutExtension(f).Split('-')))
            .Where(f => f.Parts.Length == 3 && long.TryParse(f.Parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(f => (long.Parse(f.Parts[1], CultureInfo.InvariantCulture), f.Parts[2], f.File)),
    ];
}
