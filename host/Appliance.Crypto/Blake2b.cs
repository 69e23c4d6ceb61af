using System.Buffers.Binary;
using System.Numerics;

namespace Appliance.Crypto;

/// <summary>BLAKE2b without a key: what minisign hashes with, and .NET does not have.</summary>
/// <remarks>Source: RFC 7693.</remarks>
public static class Blake2b
{
    private const int BlockBytes = 128;
    private const int Rounds = 12;

    private static readonly ulong[] Start =
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1, 0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ];

    private static readonly byte[][] Order =
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4], [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13], [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11], [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5], [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ];

    /// <param name="bytes">Of the hash, 1 to 64.</param>
    public static byte[] Hash(ReadOnlySpan<byte> message, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, 64);
        Span<ulong> state = stackalloc ulong[8];
        Start.CopyTo(state);
        state[0] ^= 0x01010000UL ^ (ulong)bytes;
        Span<byte> block = stackalloc byte[BlockBytes];
        var done = 0;
        while (message.Length - done > BlockBytes)
        {
            done += BlockBytes;
            Compress(state, message.Slice(done - BlockBytes, BlockBytes), (ulong)done, last: false);
        }
        block.Clear();
        message[done..].CopyTo(block);
        Compress(state, block, (ulong)message.Length, last: true);
        Span<byte> whole = stackalloc byte[64];
        for (var k = 0; k < 8; k++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(whole[(k * 8)..], state[k]);
        }
        return whole[..bytes].ToArray();
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong counted, bool last)
    {
        Span<ulong> words = stackalloc ulong[16];
        for (var k = 0; k < 16; k++)
        {
            words[k] = BinaryPrimitives.ReadUInt64LittleEndian(block[(k * 8)..]);
        }
        Span<ulong> v = stackalloc ulong[16];
        state.CopyTo(v);
        Start.CopyTo(v[8..]);
        v[12] ^= counted;
        v[14] = last ? ~v[14] : v[14];
        for (var round = 0; round < Rounds; round++)
        {
            var s = Order[round % 10];
            Mix(v, 0, 4, 8, 12, words[s[0]], words[s[1]]);
            Mix(v, 1, 5, 9, 13, words[s[2]], words[s[3]]);
            Mix(v, 2, 6, 10, 14, words[s[4]], words[s[5]]);
            Mix(v, 3, 7, 11, 15, words[s[6]], words[s[7]]);
            Mix(v, 0, 5, 10, 15, words[s[8]], words[s[9]]);
            Mix(v, 1, 6, 11, 12, words[s[10]], words[s[11]]);
            Mix(v, 2, 7, 8, 13, words[s[12]], words[s[13]]);
            Mix(v, 3, 4, 9, 14, words[s[14]], words[s[15]]);
        }
        for (var k = 0; k < 8; k++)
        {
            state[k] ^= v[k] ^ v[k + 8];
        }
    }

    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ulong x, ulong y)
    {
        v[a] += v[b] + x;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = BitOperations.RotateRight(v[b] ^ v[c], 63);
    }
}
