using System.Security.Cryptography;
using System.Text;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>The keys of the operators, all from one root: whoever has the root can open, and nobody else.</summary>
/// <remarks>A scope makes tokens comparable within itself alone: a dataset, a subject, or (empty) the whole appliance.</remarks>
public sealed class RedactionKeys
{
    /// <summary>Length of the root in bytes.</summary>
    public const int RootBytes = 32;

    private const int TokenBytes = 12;
    private readonly byte[] _root, _hash, _seal;
    private readonly AesSiv _same;

    /// <param name="root">32 secret bytes.</param>
    /// <param name="scope">Within which equal values get equal tokens; empty for everywhere.</param>
    /// <exception cref="ArgumentException">The root has another length.</exception>
    public RedactionKeys(ReadOnlySpan<byte> root, string scope = "")
    {
        if (root.Length != RootBytes)
        {
            throw new ArgumentException($"The root of the redaction keys has {RootBytes} bytes, not {root.Length}.", nameof(root));
        }
        _root = root.ToArray();
        byte[] Key(string use, int length = 32) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _root, length, info: Encoding.UTF8.GetBytes($"appliance/redaction/{use}/{scope}"));
        (_hash, _seal, _same) = (Key("hash"), Key("seal"), new AesSiv(Key("same")));
        Digits = new FormatPreserving(Key("digits", 16), 10);
    }

    internal FormatPreserving Digits { get; }

    /// <summary>The same root for one dataset or subject.</summary>
    public RedactionKeys For(string scope) => new(_root, scope);

    /// <summary>HMAC-SHA-256, 96 bits of it: a bare hash of a telephone number is undone by trying all.</summary>
    internal string Hash(string type, string value) => Convert.ToHexStringLower(HMACSHA256.HashData(_hash, Bytes(type, value)).AsSpan(0, TokenBytes));

    /// <summary>Bytes that look like chance and are the same for the same value.</summary>
    internal byte[] Draw(string type, string value, int attempt) => HMACSHA256.HashData(_hash, Bytes($"draw/{attempt}/{type}", value));

    /// <summary>AES-256-GCM with a new nonce: equal values give different tokens.</summary>
    internal byte[] Seal(ReadOnlySpan<byte> plain, string type)
    {
        var token = new byte[12 + plain.Length + 16];
        RandomNumberGenerator.Fill(token.AsSpan(0, 12));
        using var gcm = new AesGcm(_seal, 16);
        gcm.Encrypt(token.AsSpan(0, 12), plain, token.AsSpan(12, plain.Length), token.AsSpan(12 + plain.Length), Encoding.UTF8.GetBytes(type));
        return token;
    }

    /// <summary>Null where the token was made with another key, for another kind, or was changed.</summary>
    internal byte[]? Open(ReadOnlySpan<byte> token, string type)
    {
        if (token.Length < 28)
        {
            return null;
        }
        var plain = new byte[token.Length - 28];
        using var gcm = new AesGcm(_seal, 16);
        try
        {
            gcm.Decrypt(token[..12], token[12..^16], token[^16..], plain, Encoding.UTF8.GetBytes(type));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    internal byte[] SealSame(ReadOnlySpan<byte> plain, string type) => _same.Encrypt(plain, Encoding.UTF8.GetBytes(type));

    internal byte[]? OpenSame(ReadOnlySpan<byte> token, string type) => _same.Decrypt(token, Encoding.UTF8.GetBytes(type));

    // A length before each: ("ab", "c") and ("a", "bc") must not hash alike.
    private static byte[] Bytes(string type, string value) => Encoding.UTF8.GetBytes($"{type.Length}:{type}{value}");
}
