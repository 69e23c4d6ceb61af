using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Appliance.Verifier;

/// <summary>A witness on the auditor's own computer: it remembers the last checkpoint and signs only a log that goes on from there.</summary>
/// <remarks>State: a folder with the witness's key, the log's keys, and the last note. Request and answer: C2SP tlog-witness, tlog-cosignature.</remarks>
internal sealed class Witness(string folder)
{
    private string KeyPath => Path.Combine(folder, "witness.key");

    private string LastPath => Path.Combine(folder, "last.note");

    /// <summary>Makes a new witness and prints its public key.</summary>
    internal int Make(string name, TextWriter output)
    {
        if (File.Exists(KeyPath))
        {
            output.WriteLine($"There is a witness in {folder} already; its key stays.");
            return 2;
        }
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '-' or '/')))
        {
            output.WriteLine("A witness's name has lower-case letters, digits, dots, dashes and slashes, such as auditor.example.org.");
            return 2;
        }
        Directory.CreateDirectory(folder);
        var key = RandomNumberGenerator.GetBytes(32);
        using (var file = new FileStream(KeyPath, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            file.Write(Encoding.UTF8.GetBytes($"{name}\n{Convert.ToBase64String(key)}\n"));
        }
        output.WriteLine(PublicKey(name, key).Text);
        return 0;
    }

    /// <summary>Signs the checkpoint of a request, or says why not.</summary>
    /// <param name="requestPath">What <c>appliance audit witness</c> printed.</param>
    internal int Sign(string requestPath, IReadOnlyList<NoteKey> logKeys, TextWriter output, TextWriter errors, DateTimeOffset now)
    {
        var text = File.ReadAllText(requestPath);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : text[..split].Split('\n');
        if (lines.Length == 0 || !lines[0].StartsWith("old ", StringComparison.Ordinal) || !long.TryParse(lines[0][4..], NumberStyles.None, CultureInfo.InvariantCulture, out var old)
            || lines[1..].Select(Note.Decode).ToArray() is not { } path || path.Any(h => h is not { Length: Hash.Bytes })
            || Note.Parse(Encoding.UTF8.GetBytes(text[(split + 2)..])) is not { } note)
        {
            return Refuse(errors, "the request is malformed. Take it from: appliance audit witness");
        }
        if (!logKeys.Any(note.SignedBy))
        {
            return Refuse(errors, "the checkpoint is not signed by a key of this log that you gave");
        }
        var last = File.Exists(LastPath) ? Note.Parse(File.ReadAllBytes(LastPath)) : null;
        if ((last?.Size ?? 0) != old)
        {
            return Refuse(errors, $"the last checkpoint seen here has size {last?.Size ?? 0}. Ask again with: appliance audit witness --since {last?.Size ?? 0}");
        }
        if (last is not null && !TreeProof.Extends(old, last.Root, note.Size, note.Root, path!))
        {
            return Refuse(errors, $"THE LOG WAS REWRITTEN: it does not go on from the {old} records that were seen here. Keep {LastPath} and the request");
        }
        return Cosign(note, text[(split + 2)..], output, now);
    }

    private int Cosign(Note note, string given, TextWriter output, DateTimeOffset now)
    {
        var kept = File.ReadAllLines(KeyPath);
        var (name, key) = (kept[0], Convert.FromBase64String(kept[1]));
        var time = now.ToUnixTimeSeconds();
        var bytes = new byte[76];
        PublicKey(name, key).Id.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), time);
        Ed25519.Sign(key, Note.Cosigned(time, note.Text)).CopyTo(bytes, 12);
        var signed = $"{given.TrimEnd('\n')}\n\u2014 {name} {Convert.ToBase64String(bytes)}\n";
        File.WriteAllText(LastPath + ".new", signed);
        File.Move(LastPath + ".new", LastPath, overwrite: true);
        output.Write(signed);
        return 0;
    }

    private static (byte[] Id, string Text) PublicKey(string name, byte[] key)
    {
        byte[] typed = [NoteKey.WitnessType, .. Ed25519.PublicKey(key)];
        var id = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. typed])[..4];
        return (id, $"{name}+{Convert.ToHexStringLower(id)}+{Convert.ToBase64String(typed)}");
    }

    private static int Refuse(TextWriter errors, string why)
    {
        errors.WriteLine($"Not signed: {why}.");
        return 4;
    }
}
