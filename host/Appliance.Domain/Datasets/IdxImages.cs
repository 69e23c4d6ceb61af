using System.Buffers.Binary;
using System.Globalization;
using Appliance.Domain.Privacy;

namespace Appliance.Domain.Datasets;

/// <summary>A pair of idx files, as MNIST comes: grey images and their classes. Each image becomes a BMP file in base64.</summary>
internal static class IdxImages
{
    private const string Field = "image";
    private const int SideMax = 1024;

    internal static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        var images = files.FirstOrDefault(f => f.Content.Span.StartsWith((ReadOnlySpan<byte>)[0, 0, 8, 3]));
        var labels = files.FirstOrDefault(f => f.Content.Span.StartsWith((ReadOnlySpan<byte>)[0, 0, 8, 1]));
        if (images.Name is null || labels.Name is null || files.Count != 2 || images.Content.Length < 16 || labels.Content.Length < 8)
        {
            return ([], [new BadRow(files.Count > 0 ? files[0].Name : "", 1, "expected two idx files: bytes in three dimensions, and bytes in one")]);
        }
        int Number(ReadOnlyMemory<byte> file, int at) => BinaryPrimitives.ReadInt32BigEndian(file.Span[at..]);
        var (count, height, width) = (Number(images.Content, 4), Number(images.Content, 8), Number(images.Content, 12));
        if (height is < 1 or > SideMax || width is < 1 or > SideMax || count != Number(labels.Content, 4)
            || images.Content.Length != 16 + ((long)count * height * width) || labels.Content.Length != 8 + (long)count)
        {
            return ([], [new BadRow(images.Name, 1, "the two files do not fit each other, or are cut")]);
        }
        return ([.. Enumerable.Range(0, count).Select(k => new RawRow(
            images.Name, k + 1,
            new Dictionary<string, Sensitive<string>> { [Field] = new(Bitmap(images.Content.Span.Slice(16 + (k * height * width), height * width), width, height)) },
            labels.Content.Span[8 + k].ToString(CultureInfo.InvariantCulture)))], []);
    }

    // 8 bits a pixel with a palette of greys; rows are padded to four bytes, a negative height puts the first on top.
    private static string Bitmap(ReadOnlySpan<byte> grey, int width, int height)
    {
        const int Palette = 1024, Headers = 54;
        var stride = (width + 3) / 4 * 4;
        var file = new byte[Headers + Palette + (stride * height)];
        (file[0], file[1], file[14], file[26], file[28]) = ((byte)'B', (byte)'M', 40, 1, 8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), Headers + Palette);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), -height);
        for (var k = 0; k < 256; k++)
        {
            file.AsSpan(Headers + (k * 4), 3).Fill((byte)k);
        }
        for (var y = 0; y < height; y++)
        {
            grey.Slice(y * width, width).CopyTo(file.AsSpan(Headers + Palette + (y * stride)));
        }
        return Convert.ToBase64String(file);
    }
}
