using System.Runtime.InteropServices;

namespace Appliance.Models.Images;

/// <summary>Reads JPEG files through libjpeg-turbo, as the system keeps it (<c>libturbojpeg0</c>).</summary>
internal static unsafe partial class JpegReader
{
    private const int Rgb = 0; // TJPF_RGB
    private const int LimitScans = 32_768; // TJFLAG_LIMITSCANS: thousands of scans of one picture are an attack
    private const string Library = "libturbojpeg.so.0";

    internal static Picture Read(ReadOnlySpan<byte> file)
    {
        var reader = Open();
        try
        {
            fixed (byte* bytes = file)
            {
                if (tjDecompressHeader3(reader, bytes, (ulong)file.Length, out var width, out var height, out _, out _) != 0)
                {
                    throw new PictureException("its header is damaged");
                }
                PictureReader.Check(width, height);
                var pixels = new byte[width * height * 3];
                fixed (byte* target = pixels)
                {
                    return tjDecompress2(reader, bytes, (ulong)file.Length, target, width, 0, height, Rgb, LimitScans) != 0
                        ? throw new PictureException("its pixels are damaged")
                        : new Picture(width, height, pixels);
                }
            }
        }
        finally
        {
            _ = tjDestroy(reader);
        }
    }

    private static nint Open()
    {
        try
        {
            return tjInitDecompress();
        }
        catch (DllNotFoundException)
        {
            throw new PictureException("JPEG needs the system's libturbojpeg0, which is not installed");
        }
    }

    [LibraryImport(Library)]
    private static partial nint tjInitDecompress();

    [LibraryImport(Library)]
    private static partial int tjDecompressHeader3(nint reader, byte* file, ulong size, out int width, out int height, out int subsampling, out int colours);

    [LibraryImport(Library)]
    private static partial int tjDecompress2(nint reader, byte* file, ulong size, byte* pixels, int width, int pitch, int height, int format, int flags);

    [LibraryImport(Library)]
    private static partial int tjDestroy(nint reader);
}
