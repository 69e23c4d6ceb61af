using System.Buffers.Binary;

namespace Appliance.Models.Images;

/// <summary>Reads BMP files without packing: 24 and 32 bits a pixel, and 8 with a palette.</summary>
/// <remarks>Source: Microsoft's description of BITMAPINFOHEADER. Rows are padded to four bytes and stand upside down unless the height is negative.</remarks>
internal static class BmpReader
{
    private const int Headers = 54;

    internal static Picture Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < Headers)
        {
            throw new PictureException("it ends inside its header");
        }
        var (start, header) = (BinaryPrimitives.ReadUInt32LittleEndian(file[10..]), BinaryPrimitives.ReadUInt32LittleEndian(file[14..]));
        var (width, height) = ((long)BinaryPrimitives.ReadInt32LittleEndian(file[18..]), (long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]));
        var (bits, packing) = (BinaryPrimitives.ReadUInt16LittleEndian(file[28..]), BinaryPrimitives.ReadUInt32LittleEndian(file[30..]));
        PictureReader.Check(width, Math.Abs(height));
        if (bits is not (8 or 24 or 32) || packing is not (0 or 3) || header < 40)
        {
            throw new PictureException("it is packed, or has other than 8, 24 or 32 bits a pixel; save it again without");
        }
        var stride = ((width * bits) + 31) / 32 * 4;
        if (start + (stride * Math.Abs(height)) > file.Length || (bits == 8 && 14 + header + 1024 > file.Length))
        {
            throw new PictureException("it ends inside its pixels");
        }
        var pixels = new byte[width * Math.Abs(height) * 3];
        var palette = bits == 8 ? file.Slice((int)(14 + header), 1024) : default;
        for (var y = 0; y < Math.Abs(height); y++)
        {
            var row = file.Slice((int)(start + (stride * (height > 0 ? height - 1 - y : y))), (int)stride);
            for (var x = 0; x < width; x++)
            {
                var colour = bits == 8 ? palette[(row[x] * 4)..] : row[(x * bits / 8)..]; // blue, green, red
                var at = (int)((y * width) + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (colour[2], colour[1], colour[0]);
            }
        }
        return new Picture((int)width, (int)Math.Abs(height), pixels);
    }
}
