using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Buffers.Text;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>The way back from tokens to values, for who has the key: a map that is kept sealed, and tokens that carry their value sealed in themselves.</summary>
public static partial class SealedMap
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
    public static string Decrypt(string redacted, RedactionKeys keys) => Token().Replace(redacted, m =>
    {
        var (type, sealedBytes) = (m.Groups[1].Value, Base64Url.DecodeFromChars(m.Groups[3].ValueSpan));
        var plain = m.Groups[2].Value == "e" ? keys.Open(sealedBytes, type) : keys.OpenSame(sealedBytes, type);
        return plain is null ? m.Value : Encoding.UTF8.GetString(plain);
    });

    [GeneratedRegex("<([A-Z_]{2,40}):([es]):([A-Za-z0-9_-]{8,100000})>", RegexOptions.NonBacktracking)]
    private static partial Regex Token();
}
