using System.Buffers.Binary;
using System.IO.Compression;

namespace Appliance.Models.Images;

/// <summary>Reads PNG files: grey, colour, palette and transparent ones of 8 bits; the platform's own zlib unpacks them.</summary>
/// <remarks>Source: the PNG specification (W3C, third edition). Interlaced and 16-bit files are refused by name.</remarks>
public static class PngReader
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    private sealed record Header(int Width, int Height, int Channels, bool Palette);

    /// <exception cref="PictureException">Not a PNG, damaged, too large, or of a kind that is not read.</exception>
    public static Picture Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature))
        {
            throw new PictureException("it does not begin as a PNG file does");
        }
        Header? header = null;
        byte[] palette = [];
        using var packed = new MemoryStream();
        for (var at = Signature.Length; ;)
        {
            var (kind, data, next) = Chunk(file, at);
            if (kind.SequenceEqual("IHDR"u8))
            {
                header = ReadHeader(data);
            }
            else if (kind.SequenceEqual("PLTE"u8))
            {
                palette = data.ToArray();
            }
            else if (kind.SequenceEqual("IDAT"u8))
            {
                packed.Write(data);
            }
            else if (kind.SequenceEqual("IEND"u8))
            {
                break;
            }
            at = next;
        }
        return header is null ? throw new PictureException("it has no header") : Unpack(header, palette, packed);
    }

    private static (byte[] Kind, byte[] Data, int Next) Chunk(ReadOnlySpan<byte> file, int at)
    {
        if (file.Length - at < 12)
        {
            throw new PictureException("it ends inside a chunk");
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
        if (length > file.Length - at - 12)
        {
            throw new PictureException("a chunk is longer than the file");
        }
        var body = file.Slice(at + 4, (int)length + 4);
        if (Checksum(body) != BinaryPrimitives.ReadUInt32BigEndian(file[(at + 8 + (int)length)..]))
        {
            throw new PictureException("a chunk's checksum is wrong");
        }
        return (body[..4].ToArray(), body[4..].ToArray(), at + 12 + (int)length);
    }

    // CRC-32 as the specification's annex D has it.
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var b in bytes)
        {
            sum ^= b;
            for (var k = 0; k < 8; k++)
            {
                sum = (sum >> 1) ^ (0xEDB88320 & (uint)-(int)(sum & 1));
            }
        }
        return ~sum;
    }

    private static Header ReadHeader(byte[] data)
    {
        if (data.Length != 13)
        {
            throw new PictureException("its header has a wrong length");
        }
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(4)));
        PictureReader.Check(width, height);
        if (data[8] != 8 || data[12] != 0)
        {
            throw new PictureException("it is interlaced or has not 8 bits a channel; save it again without either");
        }
        return data[9] switch
        {
            0 => new Header((int)width, (int)height, 1, false),
            2 => new Header((int)width, (int)height, 3, false),
            3 => new Header((int)width, (int)height, 1, true),
            4 => new Header((int)width, (int)height, 2, false),
            6 => new Header((int)width, (int)height, 4, false),
            _ => throw new PictureException("its colour type is unknown"),
        };
    }

    private static Picture Unpack(Header header, byte[] palette, MemoryStream packed)
    {
        var stride = header.Width * header.Channels;
        var rows = new byte[header.Height * (stride + 1)];
        packed.Position = 0;
        try
        {
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            zlib.ReadExactly(rows);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new PictureException("its pixels are damaged");
        }
        var pixels = new byte[header.Height * header.Width * 3];
        var before = new byte[stride];
        for (var y = 0; y < header.Height; y++)
        {
            var row = rows.AsSpan((y * (stride + 1)) + 1, stride);
            Unfilter(rows[y * (stride + 1)], row, before, header.Channels);
            row.CopyTo(before);
            Colours(header, row, palette, pixels.AsSpan(y * header.Width * 3, header.Width * 3));
        }
        return new Picture(header.Width, header.Height, pixels);
    }

    // Each byte was stored as its difference to a neighbour.
    private static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int channels)
    {
        for (var k = 0; k < row.Length; k++)
        {
            var (left, up, corner) = (k >= channels ? row[k - channels] : 0, above[k], k >= channels ? above[k - channels] : 0);
            row[k] += filter switch
            {
                0 => 0,
                1 => (byte)left,
                2 => up,
                3 => (byte)((left + up) / 2),
                4 => Paeth(left, up, corner),
                _ => throw new PictureException("a row has an unknown filter"),
            };
        }
    }

    private static byte Paeth(int left, int up, int corner)
    {
        var guess = left + up - corner;
        var (a, b, c) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return (byte)(a <= b && a <= c ? left : b <= c ? up : corner);
    }

    private static void Colours(Header header, ReadOnlySpan<byte> row, byte[] palette, Span<byte> target)
    {
        for (var x = 0; x < header.Width; x++)
        {
            var source = row[(x * header.Channels)..];
            for (var c = 0; c < 3; c++)
            {
                target[(x * 3) + c] = header.Palette
                    ? (source[0] * 3) + c < palette.Length ? palette[(source[0] * 3) + c] : throw new PictureException("a pixel has no colour in the palette")
                    : source[header.Channels >= 3 ? c : 0];
            }
        }
    }
}
