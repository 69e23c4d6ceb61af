using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Appliance.Verifier;

/// <summary>A public key of the form <c>origin+id+base64</c>: an Ed25519 key of a log (type 1) or of a witness (type 4).</summary>
internal sealed record NoteKey(string Name, byte Type, byte[] Id, byte[] Key)
{
    internal const byte LogType = 1;
    internal const byte WitnessType = 4;

    /// <exception cref="FormatException">The key is malformed.</exception>
    internal static NoteKey Parse(string text)
    {
        // base64 may hold '+': split at the first two only, counted from the front of a name without '+'.
        if (text.Trim().Split('+', 3) is not [var name, var id, var encoded])
        {
            throw new FormatException("A public key must have the form NAME+ID+BASE64.");
        }
        var bytes = Convert.FromBase64String(encoded);
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. bytes])[..4];
        return bytes.Length == 33 && bytes[0] is LogType or WitnessType && Convert.ToHexStringLower(hash) == id
            ? new NoteKey(name, bytes[0], hash, bytes[1..])
            : throw new FormatException("A public key is damaged: its id does not belong to it.");
    }

    /// <summary>All keys of a file, one a line.</summary>
    internal static IReadOnlyList<NoteKey> ReadFile(string path) =>
        File.ReadAllLines(path).Where(l => l.Trim().Length > 0).Select(Parse).ToArray() is { Length: > 0 } keys ? keys
            : throw new FormatException($"There is no public key in {path}.");
}

/// <summary>A C2SP signed note that holds a checkpoint: origin, size, root, extension lines, signatures.</summary>
internal sealed record Note(string Origin, long Size, byte[] Root, IReadOnlyList<string> Extensions, byte[] Text, IReadOnlyList<(string Name, byte[] Signature)> Lines)
{
    private const int SignatureBytes = 68; // 4 of the key's id, 64 of the signature
    private const int CosignatureBytes = 76; // and 8 of the time between

    /// <returns>The note, or null when it is malformed; its signatures are not looked at.</returns>
    internal static Note? Parse(ReadOnlySpan<byte> note)
    {
        var text = Encoding.UTF8.GetString(note);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : text[..split].Split('\n');
        if (lines.Length < 3 || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || Decode(lines[2]) is not { Length: Hash.Bytes } root)
        {
            return null;
        }
        var signatures = text[(split + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ') is ["\u2014", var name, var encoded] && Decode(encoded) is { Length: > 4 } bytes ? (name, bytes) : default).ToArray();
        return signatures.Any(s => s.bytes is null)
            ? null
            : new Note(lines[0], size, root, lines[3..], Encoding.UTF8.GetBytes(text[..(split + 1)]), [.. signatures.Select(s => (s.name, s.bytes!))]);
    }

    /// <summary>True when this log's key has signed it.</summary>
    internal bool SignedBy(NoteKey key) => Origin == key.Name && Lines.Any(l =>
        l.Name == key.Name && l.Signature.Length == SignatureBytes && l.Signature.AsSpan(0, 4).SequenceEqual(key.Id) && Ed25519.Verify(key.Key, Text, l.Signature[4..]));

    /// <summary>True when this witness has signed it: C2SP tlog-cosignature, version 1.</summary>
    internal bool WitnessedBy(NoteKey key) => Lines.Any(l =>
        l.Name == key.Name && l.Signature.Length == CosignatureBytes && l.Signature.AsSpan(0, 4).SequenceEqual(key.Id)
        && Ed25519.Verify(key.Key, Cosigned(BinaryPrimitives.ReadInt64BigEndian(l.Signature.AsSpan(4)), Text), l.Signature[12..]));

    /// <summary>What a witness signs: the time and the note's text.</summary>
    internal static byte[] Cosigned(long unixSeconds, byte[] text) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {unixSeconds}\n")), .. text];

    internal static byte[]? Decode(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var written) ? buffer[..written] : null;
    }
}

/// <summary>Ed25519 of the machine's own libcrypto; .NET has none.</summary>
internal static unsafe partial class Ed25519
{
    private const string Library = "libcrypto.so.3";
    private const int Algorithm = 1087;

    internal static bool Verify(byte[] publicKey, byte[] message, byte[] signature)
    {
        fixed (byte* k = publicKey, s = signature, m = message)
        {
            var key = EVP_PKEY_new_raw_public_key(Algorithm, 0, k, (nuint)publicKey.Length);
            var context = EVP_MD_CTX_new();
            try
            {
                return key != 0 && signature.Length == 64 && EVP_DigestVerifyInit(context, null, 0, 0, key) == 1
                    && EVP_DigestVerify(context, s, 64, m, (nuint)message.Length) == 1;
            }
            finally
            {
                EVP_MD_CTX_free(context);
                EVP_PKEY_free(key);
            }
        }
    }

    internal static byte[] Sign(byte[] privateKey, byte[] message)
    {
        var signature = new byte[64];
        nuint length = 64;
        fixed (byte* k = privateKey, s = signature, m = message)
        {
            var key = EVP_PKEY_new_raw_private_key(Algorithm, 0, k, (nuint)privateKey.Length);
            var context = EVP_MD_CTX_new();
            try
            {
                return key != 0 && EVP_DigestSignInit(context, null, 0, 0, key) == 1 && EVP_DigestSign(context, s, &length, m, (nuint)message.Length) == 1
                    ? signature
                    : throw new FormatException("The witness's private key cannot be used.");
            }
            finally
            {
                EVP_MD_CTX_free(context);
                EVP_PKEY_free(key);
            }
        }
    }

    internal static byte[] PublicKey(byte[] privateKey)
    {
        var made = new byte[32];
        nuint length = 32;
        fixed (byte* k = privateKey, p = made)
        {
            var key = EVP_PKEY_new_raw_private_key(Algorithm, 0, k, (nuint)privateKey.Length);
            try
            {
                return key != 0 && EVP_PKEY_get_raw_public_key(key, p, &length) == 1 ? made : throw new FormatException("The witness's private key cannot be used.");
            }
            finally
            {
                EVP_PKEY_free(key);
            }
        }
    }

    [LibraryImport(Library)] private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);
    [LibraryImport(Library)] private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);
    [LibraryImport(Library)] private static partial int EVP_PKEY_get_raw_public_key(nint key, byte* into, nuint* length);
    [LibraryImport(Library)] private static partial void EVP_PKEY_free(nint key);
    [LibraryImport(Library)] private static partial nint EVP_MD_CTX_new();
    [LibraryImport(Library)] private static partial void EVP_MD_CTX_free(nint context);
    [LibraryImport(Library)] private static partial int EVP_DigestVerifyInit(nint context, void* p, nint type, nint engine, nint key);
    [LibraryImport(Library)] private static partial int EVP_DigestVerify(nint context, byte* s, nuint sn, byte* m, nuint mn);
    [LibraryImport(Library)] private static partial int EVP_DigestSignInit(nint context, void* p, nint type, nint engine, nint key);
    [LibraryImport(Library)] private static partial int EVP_DigestSign(nint context, byte* s, nuint* sn, byte* m, nuint mn);
}
