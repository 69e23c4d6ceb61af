using System.Security.Cryptography;
using System.Text;

namespace Appliance.Crypto;

/// <summary>A key that signatures are checked with, as <c>minisign.pub</c> holds it.</summary>
/// <param name="Id">8 bytes that a signature names its key by; no proof of anything.</param>
public sealed record MinisignPublicKey(byte[] Id, byte[] Key)
{
    /// <summary>The id as minisign prints it.</summary>
    public string Name => Convert.ToHexString([.. Id.Reverse()]);

    /// <summary>One line of base64, with or without its comment line before it.</summary>
    /// <exception cref="InvalidDataException">It is no minisign public key.</exception>
    public static MinisignPublicKey Parse(string text)
    {
        var bytes = Minisign.Base64(text.Trim().Split('\n')[^1].Trim());
        return bytes is [(byte)'E', (byte)'d', .. { Length: 8 + Ed25519.KeyBytes } rest]
            ? new MinisignPublicKey(rest[..8], rest[8..])
            : throw new InvalidDataException("That is no minisign public key: one line of base64 that begins with RW.");
    }

    public override string ToString() => Convert.ToBase64String([(byte)'E', (byte)'d', .. Id, .. Key]);
}

/// <summary>A key to sign with, in minisign's file format without a password (<c>minisign -G -W</c>): guard the file.</summary>
public sealed record MinisignSecretKey(byte[] Id, byte[] Seed)
{
    private const int SaltBytes = 32, LimitBytes = 16, CheckBytes = 32;

    public MinisignPublicKey Public => new(Id, Ed25519.PublicKey(Seed));

    public static MinisignSecretKey New() => new(RandomNumberGenerator.GetBytes(8), RandomNumberGenerator.GetBytes(Ed25519.KeyBytes));

    /// <exception cref="InvalidDataException">It is no minisign secret key, or has a password.</exception>
    public static MinisignSecretKey Parse(string text)
    {
        var bytes = Minisign.Base64(text.Trim().Split('\n')[^1].Trim());
        if (bytes is not [(byte)'E', (byte)'d', var one, var two, .. { Length: 2 + SaltBytes + LimitBytes + 8 + 64 + CheckBytes } rest])
        {
            throw new InvalidDataException("That is no minisign secret key.");
        }
        var key = rest[(2 + SaltBytes + LimitBytes)..];
        return (one, two) == (0, 0)
            ? new MinisignSecretKey(key[..8], key[8..(8 + Ed25519.KeyBytes)])
            : throw new InvalidDataException("The key has a password. Sign with minisign itself, or make a key without one: appliance plugin keygen.");
    }

    public override string ToString()
    {
        byte[] key = [.. Id, .. Seed, .. Public.Key];
        var check = Blake2b.Hash([(byte)'E', (byte)'d', .. key], CheckBytes);
        return Convert.ToBase64String([(byte)'E', (byte)'d', 0, 0, (byte)'B', (byte)'2', .. new byte[SaltBytes + LimitBytes], .. key, .. check]);
    }
}

/// <summary>Detached signatures in minisign's format: Ed25519 over the BLAKE2b hash, and over a comment that can be trusted.</summary>
/// <remarks>Source: the format's description at jedisct1.github.io/minisign. Debian's <c>minisign</c> checks them and makes them.</remarks>
public static class Minisign
{
    private const string Trusted = "trusted comment: ";
    private const int HashBytes = 64;

    /// <param name="comment">One line that is signed too, such as what the signature is for.</param>
    public static string Sign(MinisignSecretKey key, ReadOnlySpan<byte> message, string comment)
    {
        var signature = Ed25519.Sign(key.Seed, Blake2b.Hash(message, HashBytes));
        var over = Ed25519.Sign(key.Seed, [.. signature, .. Encoding.UTF8.GetBytes(comment)]);
        return $"untrusted comment: signature from minisign key {key.Public.Name}\n"
            + $"{Convert.ToBase64String([(byte)'E', (byte)'D', .. key.Id, .. signature])}\n{Trusted}{comment}\n{Convert.ToBase64String(over)}\n";
    }

    /// <summary>The key that signed the message and the comment; null for none of them.</summary>
    /// <param name="text">The signature file.</param>
    public static MinisignPublicKey? Signer(IEnumerable<MinisignPublicKey> keys, ReadOnlySpan<byte> message, string text)
    {
        if (text.Split('\n') is not [_, var line, var comment, var global, ..] || !comment.StartsWith(Trusted, StringComparison.Ordinal)
            || Base64(line) is not [(byte)'E', (byte)'d' or (byte)'D', .. { Length: 8 + Ed25519.SignatureBytes } rest] bytes
            || Base64(global) is not { Length: Ed25519.SignatureBytes } over)
        {
            return null;
        }
        var (id, signature) = (rest[..8], rest[8..]);
        var signed = bytes[1] == 'D' ? Blake2b.Hash(message, HashBytes) : message.ToArray();
        byte[] commented = [.. signature, .. Encoding.UTF8.GetBytes(comment[Trusted.Length..])];
        return keys.FirstOrDefault(k => k.Id.AsSpan().SequenceEqual(id) && Ed25519.Verify(k.Key, signed, signature) && Ed25519.Verify(k.Key, commented, over));
    }

    internal static byte[]? Base64(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var written) ? buffer[..written] : null;
    }
}
