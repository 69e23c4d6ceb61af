using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Appliance.Storage.Vault;

/// <summary>AES-256-GCM over chunks of 1 MiB; a chunk cannot be swapped, dropped or taken from another file.</summary>
/// <remarks>
/// Layout: <c>APV1</c>, 16 random bytes of file id, then per chunk: 4-byte length, tag 16, ciphertext. Nonce = chunk number
/// under a key of the file's own (HKDF over the file id), so no nonce ever repeats under a key. The last chunk is marked in
/// the authenticated data (the STREAM construction, Hoang et al. 2015): a cut file does not open.
/// </remarks>
internal static class SealedFile
{
    private const int ChunkBytes = 1 << 20;
    private const int TagBytes = 16;
    private const int IdBytes = 16;
    private static readonly byte[] Magic = "APV1"u8.ToArray();

    /// <summary>What so many bytes take on disk, bytes.</summary>
    internal static long Size(long plain) =>
        Magic.Length + IdBytes + plain + (Math.Max(1, (plain + ChunkBytes - 1) / ChunkBytes) * (4 + TagBytes));

    internal static void Write(Stream output, ReadOnlySpan<byte> plain, byte[] key)
    {
        var id = RandomNumberGenerator.GetBytes(IdBytes);
        using var aes = Cipher(key, id);
        output.Write(Magic);
        output.Write(id);
        var cipher = new byte[Math.Min(ChunkBytes, plain.Length)];
        Span<byte> tag = stackalloc byte[TagBytes], length = stackalloc byte[4], nonce = stackalloc byte[12];
        for (var chunk = 0; ; chunk++)
        {
            var take = Math.Min(ChunkBytes, plain.Length);
            var last = take == plain.Length;
            BinaryPrimitives.WriteInt32LittleEndian(nonce, chunk);
            aes.Encrypt(nonce, plain[..take], cipher.AsSpan(0, take), tag, [last ? (byte)1 : (byte)0]);
            BinaryPrimitives.WriteInt32LittleEndian(length, last ? take | int.MinValue : take);
            output.Write(length);
            output.Write(tag);
            output.Write(cipher, 0, take);
            if (last)
            {
                return;
            }
            plain = plain[take..];
        }
    }

    /// <exception cref="InvalidDataException">The file is damaged, cut or of another key.</exception>
    internal static byte[] Read(ReadOnlySpan<byte> file, byte[] key)
    {
        if (file.Length < Magic.Length + IdBytes || !file.StartsWith(Magic))
        {
            throw new InvalidDataException("A vault file is damaged: it does not begin as one. Restore it from the backup.");
        }
        using var aes = Cipher(key, file.Slice(Magic.Length, IdBytes).ToArray());
        file = file[(Magic.Length + IdBytes)..];
        var plain = new byte[file.Length];
        var at = 0;
        Span<byte> nonce = stackalloc byte[12];
        try
        {
            for (var chunk = 0; ; chunk++)
            {
                var header = BinaryPrimitives.ReadInt32LittleEndian(file);
                var (take, last) = (header & int.MaxValue, header < 0);
                BinaryPrimitives.WriteInt32LittleEndian(nonce, chunk);
                aes.Decrypt(
                    nonce, file.Slice(4 + TagBytes, take), file.Slice(4, TagBytes), plain.AsSpan(at, take), [last ? (byte)1 : (byte)0]);
                at += take;
                file = file[(4 + TagBytes + take)..];
                if (last)
                {
                    return file.Length == 0 ? plain[..at] : throw new CryptographicException();
                }
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("A vault file is damaged or was changed. Restore it from the backup.");
        }
    }

    private static AesGcm Cipher(byte[] key, byte[] id) =>
        new(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, salt: id), TagBytes);
}
