using System.IO.Compression;

namespace Appliance.Domain.Datasets;

/// <summary>Unpacks a file whose name ends in .gz, up to a bound.</summary>
internal static class Packing
{
    private const long BytesMax = 1L << 30;

    /// <returns>The content itself where it is not packed, and nothing where it is damaged or larger than 1 GiB: the row formats then report an empty file.</returns>
    internal static ReadOnlyMemory<byte> Unpacked(string name, ReadOnlyMemory<byte> content)
    {
        if (!name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            return content;
        }
        try
        {
            using var plain = new MemoryStream();
            using var packed = new GZipStream(new MemoryStream(content.ToArray()), CompressionMode.Decompress);
            var piece = new byte[1 << 16];
            for (int read; (read = packed.Read(piece)) > 0;)
            {
                plain.Write(piece, 0, read);
                if (plain.Length > BytesMax)
                {
                    return default;
                }
            }
            return plain.GetBuffer().AsMemory(0, (int)plain.Length);
        }
        catch (InvalidDataException)
        {
            return default;
        }
    }
}
