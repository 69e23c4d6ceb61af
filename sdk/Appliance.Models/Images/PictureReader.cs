namespace Appliance.Models.Images;

/// <summary>Reads a picture of any known kind, told by its first bytes and never by a name: JPEG, PNG, BMP.</summary>
/// <remarks>Sizes are read and judged before a pixel is unpacked: a small file that becomes gigabytes is refused.</remarks>
public static class PictureReader
{
    /// <summary>Longest side, in pixels.</summary>
    public const int SideMax = 16_384;

    /// <summary>Most pixels of a picture: 40 million.</summary>
    public const long PixelsMax = 40_000_000;

    /// <exception cref="PictureException">Not a picture of a known kind, damaged or too large.</exception>
    public static Picture Read(ReadOnlySpan<byte> file) => file switch
    {
        [0xFF, 0xD8, 0xFF, ..] => JpegReader.Read(file),
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => PngReader.Read(file),
        [(byte)'B', (byte)'M', ..] => BmpReader.Read(file),
        _ => throw new PictureException("it is none of JPEG, PNG and BMP"),
    };

    /// <exception cref="PictureException">The size is out of range.</exception>
    internal static void Check(long width, long height)
    {
        if (width is < 1 or > SideMax || height is < 1 or > SideMax || width * height > PixelsMax)
        {
            throw new PictureException($"it is {width} × {height}; up to {SideMax} a side and {PixelsMax} pixels are read");
        }
    }
}
