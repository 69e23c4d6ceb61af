using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Encryption of digits into as many digits (or letters and digits into such). Source: NIST SP 800-38G, FF1, ten rounds.</summary>
internal sealed class FormatPreserving(byte[] key, int radix)
{
    private const int Rounds = 10, Block = 16;

    /// <summary>Least length: a domain of a million, as the standard demands.</summary>
    internal int LengthMin { get; } = (int)Math.Ceiling(6 / Math.Log10(radix));

    /// <param name="numerals">Each from 0 to radix - 1.</param>
    /// <exception cref="ArgumentException">It is too short to hide in.</exception>
    internal int[] Encrypt(ReadOnlySpan<int> numerals, ReadOnlySpan<byte> tweak) => Run(numerals, tweak, encrypt: true);

    internal int[] Decrypt(ReadOnlySpan<int> numerals, ReadOnlySpan<byte> tweak) => Run(numerals, tweak, encrypt: false);

    private int[] Run(ReadOnlySpan<int> numerals, ReadOnlySpan<byte> tweak, bool encrypt)
    {
        if (numerals.Length < LengthMin)
        {
            throw new ArgumentException($"Format-preserving encryption needs at least {LengthMin} characters.", nameof(numerals));
        }
        // 1 Two halves
        var n = numerals.Length;
        var u = n / 2;
        var v = n - u;
        int[] a = numerals[..u].ToArray(), b = numerals[u..].ToArray();
        // 2 The fixed block
        var half = (int)Math.Ceiling(Math.Ceiling(v * Math.Log2(radix)) / 8);
        var wide = (4 * ((half + 3) / 4)) + 4;
        var fixedBlock = new byte[Block];
        (fixedBlock[0], fixedBlock[1], fixedBlock[2], fixedBlock[6], fixedBlock[7]) = (1, 2, 1, Rounds, (byte)(u % 256));
        (fixedBlock[3], fixedBlock[4], fixedBlock[5]) = ((byte)(radix >> 16), (byte)(radix >> 8), (byte)radix);
        BinaryPrimitives.WriteInt32BigEndian(fixedBlock.AsSpan(8), n);
        BinaryPrimitives.WriteInt32BigEndian(fixedBlock.AsSpan(12), tweak.Length);
        // 3 Ten rounds, forwards or backwards
        using var aes = Aes.Create();
        aes.Key = key;
        for (var k = 0; k < Rounds; k++)
        {
            var round = encrypt ? k : Rounds - 1 - k;
            var length = round % 2 == 0 ? u : v;
            var y = Round(aes, fixedBlock, tweak, round, Number(encrypt ? b : a), half, wide);
            var modulus = BigInteger.Pow(radix, length);
            var c = (encrypt ? Number(a) + y : Number(b) - y) % modulus;
            c = c.Sign < 0 ? c + modulus : c;
            (a, b) = encrypt ? (b, Numerals(c, length)) : (Numerals(c, length), a);
        }
        return [.. a, .. b];
    }

    private static BigInteger Round(Aes aes, byte[] fixedBlock, ReadOnlySpan<byte> tweak, int round, BigInteger other, int half, int wide)
    {
        var pad = (((-tweak.Length - half - 1) % Block) + Block) % Block;
        var q = new byte[tweak.Length + pad + 1 + half];
        tweak.CopyTo(q);
        q[tweak.Length + pad] = (byte)round;
        var bytes = other.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes = other.IsZero ? [] : bytes;
        bytes.CopyTo(q, q.Length - bytes.Length);
        // CBC-MAC over both
        var r = new byte[Block];
        foreach (var block in fixedBlock.Concat(q).Chunk(Block))
        {
            for (var k = 0; k < Block; k++)
            {
                r[k] ^= block[k];
            }
            r = aes.EncryptEcb(r, PaddingMode.None);
        }
        var s = r.ToList();
        for (var j = 1; s.Count < wide; j++)
        {
            var next = (byte[])r.Clone();
            var counter = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(counter, j);
            for (var k = 0; k < 4; k++)
            {
                next[12 + k] ^= counter[k];
            }
            s.AddRange(aes.EncryptEcb(next, PaddingMode.None));
        }
        return new BigInteger([.. s.Take(wide)], isUnsigned: true, isBigEndian: true);
    }

    private BigInteger Number(int[] numerals) => numerals.Aggregate(BigInteger.Zero, (sum, d) => (sum * radix) + d);

    private int[] Numerals(BigInteger number, int length)
    {
        var result = new int[length];
        for (var k = length - 1; k >= 0; k--)
        {
            (number, var rest) = BigInteger.DivRem(number, radix);
            result[k] = (int)rest;
        }
        return result;
    }
}
