using System.Text;
using System.Text.Json;
using System.Buffers.Text;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>The way back from tokens to values, for who has the key: a map that is kept sealed, and tokens that carry their value sealed in themselves.</summary>
public static class SealedMap
{
    private const string Kind = "map";

    /// <summary>What the tokens of a numbering stand for, sealed with AES-256-GCM and bound to a purpose.</summary>
    /// <param name="purpose">Said again when it is opened; another one does not open it.</param>
    public static byte[] Seal(Pseudonyms pseudonyms, RedactionKeys keys, string purpose) =>
        keys.For(Kind).Seal(JsonSerializer.SerializeToUtf8Bytes(pseudonyms.Values), purpose);

    /// <summary>Null where key or purpose is another, or the map was changed.</summary>
    public static IReadOnlyDictionary<string, string>? Open(ReadOnlySpan<byte> map, RedactionKeys keys, string purpose) =>
        keys.For(Kind).Open(map, purpose) is { } plain ? JsonSerializer.Deserialize<Dictionary<string, string>>(plain) : null;

    /// <summary>The text with every encrypted token opened; tokens of another key stay as they are.</summary>
    public static string Decrypt(string redacted, RedactionKeys keys)
    {
        var result = new StringBuilder(redacted.Length);
        var at = 0;
        for (var open = redacted.IndexOf('<', StringComparison.Ordinal); open >= 0; open = redacted.IndexOf('<', open + 1))
        {
            var close = redacted.IndexOf('>', open);
            if (close > open && Opened(redacted[(open + 1)..close], keys) is { } plain)
            {
                result.Append(redacted, at, open - at).Append(plain);
                at = close + 1;
            }
        }
        return result.Append(redacted, at, redacted.Length - at).ToString();
    }

    // PERSON:e:BASE64
    private static string? Opened(string token, RedactionKeys keys)
    {
        if (token.Split(':') is not [var type, "e" or "s", var text] || !Base64Url.IsValid(text))
        {
            return null;
        }
        var sealedBytes = Base64Url.DecodeFromChars(text);
        var plain = token[type.Length + 1] == 'e' ? keys.Open(sealedBytes, type) : keys.OpenSame(sealedBytes, type);
        return plain is null ? null : Encoding.UTF8.GetString(plain);
    }
}
