using System.Buffers.Binary;

namespace Appliance.Domain.Privacy;

/// <summary>Takes out of a picture file what is no picture: EXIF with its places, XMP, IPTC, comments, thumbnails. No pixel is unpacked.</summary>
/// <remarks>
/// Kept are only the parts that a decoder needs; every other is left out, known or not. Sources: JPEG, ITU T.81 annex B; PNG, W3C third
/// edition. People and writing in the picture itself stay: they are not looked for.
/// </remarks>
public static class PictureMetadata
{
    private const int PngSignature = 8;
    private static readonly string[] PngKept = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "sRGB"];

    /// <returns>The file in base64 without its metadata; null where it is no JPEG, PNG or BMP, or is cut.</returns>
    public static string? Strip(Sensitive<string> base64)
    {
        var text = base64.Reveal();
        var file = new byte[text.Length];
        return Convert.TryFromBase64String(text, file, out var length) && Strip(file.AsSpan(0, length)) is { } clean ? Convert.ToBase64String(clean) : null;
    }

    /// <inheritdoc cref="Strip(Sensitive{string})" />
    public static byte[]? Strip(ReadOnlySpan<byte> file) => file switch
    {
        [0xFF, 0xD8, ..] => Jpeg(file),
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => Png(file),
        [(byte)'B', (byte)'M', ..] => Bmp(file),
        _ => null,
    };

    private static byte[]? Jpeg(ReadOnlySpan<byte> file)
    {
        using var clean = new MemoryStream();
        clean.Write(file[..2]);
        for (var at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != 0xFF)
            {
                return null;
            }
            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                at++; // fill bytes may stand before a marker
                continue;
            }
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]) + 2;
            if (length < 4 || at + length > file.Length)
            {
                return null;
            }
            // 0xE0 says how pixels are spaced, 0xEE how colours are coded; all other application parts and comments go.
            if (marker is not (>= 0xE1 and <= 0xEF and not 0xEE) && marker != 0xFE)
            {
                clean.Write(file.Slice(at, marker == 0xE0 ? Math.Min(length, 18) : length));
                if (marker == 0xE0 && length > 18)
                {
                    return null; // a thumbnail inside
                }
            }
            at += length;
            if (marker == 0xDA)
            {
                return Scans(file, at, clean);
            }
        }
        return null;
    }

    // The pixels go on to the last end mark; a second picture or bytes behind it are left out.
    private static byte[]? Scans(ReadOnlySpan<byte> file, int at, MemoryStream clean)
    {
        for (var from = at; at + 1 < file.Length; at++)
        {
            if (file[at] != 0xFF || file[at + 1] is 0x00 or 0xFF or (>= 0xD0 and <= 0xD7))
            {
                continue;
            }
            if (file[at + 1] == 0xD9)
            {
                clean.Write(file[from..(at + 2)]);
                return clean.ToArray();
            }
            if (at + 4 > file.Length)
            {
                return null;
            }
            // Another part between scans: tables and further scans stay, anything that carries text goes.
            var (marker, length) = (file[at + 1], BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]) + 2);
            if (at + length > file.Length)
            {
                return null;
            }
            clean.Write(file[from..at]);
            if (marker is not (>= 0xE0 and <= 0xEF) && marker != 0xFE)
            {
                clean.Write(file.Slice(at, length));
            }
            from = at + length;
            at = from - 1;
        }
        return null;
    }

    private static byte[]? Png(ReadOnlySpan<byte> file)
    {
        using var clean = new MemoryStream();
        if (file.Length < PngSignature)
        {
            return null;
        }
        clean.Write(file[..PngSignature]);
        for (var at = PngSignature; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12)
            {
                return null;
            }
            var kind = System.Text.Encoding.ASCII.GetString(file.Slice(at + 4, 4));
            if (PngKept.Contains(kind))
            {
                clean.Write(file.Slice(at, (int)length + 12));
            }
            if (kind == "IEND")
            {
                return clean.ToArray();
            }
            at += (int)length + 12;
        }
        return null;
    }

    // BMP has no parts for text; bytes behind the pixels go.
    private static byte[]? Bmp(ReadOnlySpan<byte> file)
    {
        if (file.Length < 54)
        {
            return null;
        }
        var (start, width, height) = (BinaryPrimitives.ReadUInt32LittleEndian(file[10..]), (long)BinaryPrimitives.ReadInt32LittleEndian(file[18..]), Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file[22..])));
        var end = start + (((width * BinaryPrimitives.ReadUInt16LittleEndian(file[28..])) + 31) / 32 * 4 * height);
        return width > 0 && start <= 54 + 1024 + 84 && end > 0 && end <= file.Length ? file[..(int)end].ToArray() : null;
    }
}
