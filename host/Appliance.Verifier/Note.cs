using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Appliance.Verifier;

/// <summary>A verified checkpoint: what somebody with the private key once said of the log.</summary>
internal sealed record Checkpoint(long Size, byte[] Root);

/// <summary>Checks C2SP signed notes against a public key of the form <c>origin+id+base64</c>.</summary>
internal sealed partial class Note
{
    private readonly string _origin;
    private readonly byte[] _key;
    private readonly byte[] _id;

    /// <exception cref="FormatException">The key is malformed.</exception>
    internal Note(string publicKey)
    {
        // base64 may hold '+': split at the first two only, counted from the front of a name without '+'.
        if (publicKey.Trim().Split('+', 3) is not [var origin, var id, var encoded])
        {
            throw new FormatException("The public key must have the form ORIGIN+ID+BASE64.");
        }
        var bytes = Convert.FromBase64String(encoded);
        (_origin, _key) = (origin, bytes[1..]);
        _id = SHA256.HashData([.. Encoding.UTF8.GetBytes(origin), (byte)'\n', .. bytes])[..4];
        if (bytes.Length != 33 || bytes[0] != 1 || Convert.ToHexStringLower(_id) != id)
        {
            throw new FormatException("The public key is damaged: its id does not belong to it.");
        }
    }

    /// <returns>The checkpoint, or null when the note is malformed or its signature is not of this key.</returns>
    internal Checkpoint? Verify(byte[] note)
    {
        var text = Encoding.UTF8.GetString(note);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = split < 0 ? [] : text[..split].Split('\n');
        if (lines.Length != 3 || lines[0] != _origin
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            return null;
        }
        var message = Encoding.UTF8.GetBytes(text[..(split + 1)]);
        foreach (var line in text[(split + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is ["\u2014", var name, var encoded] && name == _origin
                && Decode(encoded) is { Length: 68 } signature && signature.AsSpan(0, 4).SequenceEqual(_id)
                && Ed25519(message, signature[4..]))
            {
                return Decode(lines[2]) is { Length: 32 } root ? new Checkpoint(size, root) : null;
            }
        }
        return null;
    }

    private static byte[]? Decode(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var written) ? buffer[..written] : null;
    }

    private unsafe bool Ed25519(byte[] message, byte[] signature)
    {
        fixed (byte* k = _key, s = signature, m = message)
        {
            var key = EVP_PKEY_new_raw_public_key(1087, 0, k, (nuint)_key.Length);
            var context = EVP_MD_CTX_new();
            try
            {
                return key != 0 && EVP_DigestVerifyInit(context, null, 0, 0, key) == 1
                    && EVP_DigestVerify(context, s, (nuint)signature.Length, m, (nuint)message.Length) == 1;
            }
            finally
            {
                EVP_MD_CTX_free(context);
                EVP_PKEY_free(key);
            }
        }
    }

    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library)] private static unsafe partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);
    [LibraryImport(Library)] private static partial void EVP_PKEY_free(nint key);
    [LibraryImport(Library)] private static partial nint EVP_MD_CTX_new();
    [LibraryImport(Library)] private static partial void EVP_MD_CTX_free(nint context);
    [LibraryImport(Library)] private static unsafe partial int EVP_DigestVerifyInit(nint context, void* p, nint type, nint engine, nint key);
    [LibraryImport(Library)] private static unsafe partial int EVP_DigestVerify(nint context, byte* s, nuint sn, byte* m, nuint mn);
}
