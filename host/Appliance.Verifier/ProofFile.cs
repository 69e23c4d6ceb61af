using System.Globalization;
using System.Text;

namespace Appliance.Verifier;

/// <summary><c>check PROOF</c>: one record, its place, and the checkpoint that holds it; the log is not needed.</summary>
internal static class ProofFile
{
    internal static int Check(string path, IReadOnlyList<NoteKey> keys, IReadOnlyList<NoteKey> witnesses, TextWriter output)
    {
        var text = File.ReadAllText(path);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : text[..split].Split('\n');
        var extra = lines.Length > 1 && lines[1].StartsWith("extra ", StringComparison.Ordinal) ? Note.Decode(lines[1][6..]) : null;
        var rest = lines.Skip(extra is null ? 1 : 2).ToArray();
        if (lines.Length == 0 || lines[0] != "c2sp.org/tlog-proof@v1" || extra is null || rest.Length == 0 || !rest[0].StartsWith("index ", StringComparison.Ordinal)
            || !long.TryParse(rest[0][6..], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || rest[1..].Select(Note.Decode).ToArray() is not { } hashes || hashes.Any(h => h is not { Length: Hash.Bytes })
            || Note.Parse(Encoding.UTF8.GetBytes(text[(split + 2)..])) is not { } note)
        {
            output.WriteLine("proof: malformed (it must be what `appliance audit prove` prints, for a record that is not pruned)");
            return 4;
        }
        var leaf = new byte[Hash.Bytes];
        Hash.Leaf(extra, leaf);
        var signed = keys.Any(note.SignedBy);
        var root = TreeProof.Root(index, note.Size, leaf, hashes!);
        var holds = signed && root is not null && root.AsSpan().SequenceEqual(note.Root) && RecordReader.Read(extra) is { Fits: true } record && record.Seq == index + 1;
        output.WriteLine(holds ? $"proof: ok, record {index + 1} is in the log of {note.Size} records"
            : !signed ? "proof: its checkpoint is not signed by this key" : "proof: wrong, the record does not lead to the checkpoint's root");
        foreach (var witness in witnesses.Where(note.WitnessedBy))
        {
            output.WriteLine($"witnessed by: {witness.Name}");
        }
        if (holds)
        {
            output.WriteLine(Encoding.UTF8.GetString(extra));
        }
        return holds ? 0 : 4;
    }
}
