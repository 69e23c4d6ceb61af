using System.Security.Cryptography;
using System.Text;

namespace Appliance.Domain.Privacy;

/// <summary>What may be kept of somebody's number: its HMAC, which nobody turns back without the key.</summary>
public static class KeyedId
{
    /// <returns>HMAC-SHA256 over the trimmed text, 32 bytes.</returns>
    public static byte[] Of(ReadOnlySpan<byte> key, Sensitive<string> id) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(id.Reveal().Trim()));
}
