using System.Security.Cryptography;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Deterministic authenticated encryption: equal values give equal tokens, so that tables can still be joined. Source: RFC 5297.</summary>
/// <param name="key">32 bytes: one half for the synthetic vector, one for the counter mode.</param>
internal sealed class AesSiv(ReadOnlySpan<byte> key)
{
    private const int Block = 16;
    private readonly byte[] _mac = key[..16].ToArray(), _counter = key[16..].ToArray();

    /// <param name="associated">Bound to the token without being in it, such as the kind.</param>
    internal byte[] Encrypt(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated)
    {
        var vector = Vector(plain, associated);
        return [.. vector, .. Counter(vector, plain)];
    }

    /// <summary>Null where the token was made with another key, for another kind, or was changed.</summary>
    internal byte[]? Decrypt(ReadOnlySpan<byte> token, ReadOnlySpan<byte> associated)
    {
        if (token.Length < Block)
        {
            return null;
        }
        var plain = Counter(token[..Block], token[Block..]);
        return CryptographicOperations.FixedTimeEquals(Vector(plain, associated), token[..Block]) ? plain : null;
    }

    // S2V of section 2.4
    private byte[] Vector(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated)
    {
        using var aes = Aes.Create();
        aes.Key = _mac;
        var sum = Xor(Double(Cmac(aes, new byte[Block])), Cmac(aes, associated));
        byte[] last;
        if (plain.Length >= Block)
        {
            last = plain.ToArray();
            for (var k = 0; k < Block; k++)
            {
                last[^(Block - k)] ^= sum[k];
            }
        }
        else
        {
            last = Xor(Double(sum), Pad(plain));
        }
        return Cmac(aes, last);
    }

    private byte[] Counter(ReadOnlySpan<byte> vector, ReadOnlySpan<byte> text)
    {
        using var aes = Aes.Create();
        aes.Key = _counter;
        var (counter, result) = (vector.ToArray(), text.ToArray());
        counter[8] &= 0x7F;
        counter[12] &= 0x7F;
        for (var at = 0; at < result.Length; at += Block)
        {
            var stream = aes.EncryptEcb(counter, PaddingMode.None);
            for (var k = 0; k < Math.Min(Block, result.Length - at); k++)
            {
                result[at + k] ^= stream[k];
            }
            for (var k = Block - 1; k >= 0 && ++counter[k] == 0; k--)
            {
            }
        }
        return result;
    }

    // CMAC: NIST SP 800-38B
    private static byte[] Cmac(Aes aes, ReadOnlySpan<byte> text)
    {
        var first = Double(aes.EncryptEcb(new byte[Block], PaddingMode.None));
        var whole = text.Length > 0 && text.Length % Block == 0;
        var blocks = Math.Max(1, (text.Length + Block - 1) / Block);
        var sum = new byte[Block];
        for (var b = 0; b < blocks; b++)
        {
            var part = text.Slice(b * Block, Math.Min(Block, text.Length - (b * Block)));
            sum = Xor(sum, b < blocks - 1 ? part.ToArray() : whole ? Xor(part, first) : Xor(Pad(part), Double(first)));
            sum = aes.EncryptEcb(sum, PaddingMode.None);
        }
        return sum;
    }

    private static byte[] Double(ReadOnlySpan<byte> block)
    {
        var result = new byte[Block];
        for (var k = 0; k < Block; k++)
        {
            result[k] = (byte)((block[k] << 1) | (k + 1 < Block ? block[k + 1] >> 7 : 0));
        }
        result[^1] ^= (byte)(block[0] >= 0x80 ? 0x87 : 0);
        return result;
    }

    private static byte[] Pad(ReadOnlySpan<byte> part)
    {
        var result = new byte[Block];
        part.CopyTo(result);
        result[part.Length] = 0x80;
        return result;
    }

    private static byte[] Xor(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var result = a.ToArray();
        for (var k = 0; k < result.Length; k++)
        {
            result[k] ^= b[k];
        }
        return result;
    }
}
