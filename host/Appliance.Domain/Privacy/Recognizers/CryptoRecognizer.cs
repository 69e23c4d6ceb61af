using System.Numerics;
using System.Security.Cryptography;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Addresses of wallets: Base58Check (double SHA-256), bech32 and bech32m (BIP 173, BIP 350), and those of Ethereum.</summary>
internal sealed class CryptoRecognizer : IRecognizer
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const string Bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    public string Name => "crypto";

    public void Find(Scan scan)
    {
        var view = scan.View;
        foreach (var k in scan.Marks)
        {
            var token = scan.Tokens[k];
            if (token.Length is < 25 or > 90 || !token.Has(Kinds.Digit) || token.Has(Kinds.High))
            {
                continue;
            }
            var body = view[token.Start..token.End];
            var why = body[0] switch
            {
                (byte)'1' or (byte)'3' or (byte)'L' or (byte)'M' or (byte)'D' or (byte)'X' or (byte)'r' when body.Length <= 36 && IsBase58Check(body) => "base58check",
                (byte)'b' or (byte)'B' or (byte)'l' or (byte)'t' when IsBech32(body) => "bech32",
                (byte)'0' when body.Length == 42 && (body[1] | 0x20) == 'x' && body[2..].IndexOfAnyExcept(System.Buffers.SearchValues.Create("0123456789abcdefABCDEF"u8)) < 0 => "eip55",
                _ => null,
            };
            if (why is not null)
            {
                scan.Add(EntityTypes.Crypto, token.Start, token.End, 0.95f, why);
            }
        }
    }

    internal static bool IsBase58Check(ReadOnlySpan<byte> text)
    {
        var number = BigInteger.Zero;
        foreach (var c in text)
        {
            var digit = Base58.IndexOf((char)c);
            if (digit < 0)
            {
                return false;
            }
            number = (number * 58) + digit;
        }
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        if (bytes.Length > 25)
        {
            return false;
        }
        Span<byte> whole = stackalloc byte[25], hash = stackalloc byte[32];
        whole.Clear();
        bytes.CopyTo(whole[(25 - bytes.Length)..]);
        SHA256.HashData(whole[..21], hash);
        SHA256.HashData(hash, hash);
        return hash[..4].SequenceEqual(whole[21..]);
    }

    internal static bool IsBech32(ReadOnlySpan<byte> text)
    {
        var one = text.LastIndexOf((byte)'1');
        if (one < 1 || one + 7 > text.Length)
        {
            return false;
        }
        var sum = 1u;
        foreach (var c in text[..one])
        {
            sum = Step(sum, (uint)(c | 0x20) >> 5);
        }
        sum = Step(sum, 0);
        foreach (var c in text[..one])
        {
            sum = Step(sum, (uint)(c | 0x20) & 31);
        }
        foreach (var c in text[(one + 1)..])
        {
            var digit = Bech32.IndexOf((char)(c | (c is >= (byte)'A' and <= (byte)'Z' ? 0x20 : 0)));
            if (digit < 0)
            {
                return false;
            }
            sum = Step(sum, (uint)digit);
        }
        return sum is 1 or 0x2bc830a3;
    }

    private static uint Step(uint sum, uint value)
    {
        var top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ value;
        for (var k = 0; k < 5; k++)
        {
            sum ^= ((top >> k) & 1) == 1 ? Generator[k] : 0;
        }
        return sum;
    }
}
