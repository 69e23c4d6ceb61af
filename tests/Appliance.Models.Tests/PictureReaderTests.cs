using System.Buffers.Binary;
using Appliance.Models.Images;

namespace Appliance.Tests;

public sealed class PictureReaderTests
{
    private static byte[] Photo(string name) => File.ReadAllBytes(Repository.File("samples", "photos", name));

    [Theory]
    [InlineData("hot_dog.jpg")]
    [InlineData("cat.bmp")]
    public void A_photo_is_read_whatever_its_kind_and_comes_back_from_a_png_the_same(string name)
    {
        var picture = PictureReader.Read(Photo(name));

        picture.Pixels.Length.Should().Be(picture.Width * picture.Height * 3);
        picture.Pixels.Distinct().Count().Should().BeGreaterThan(200, "a photo has many shades");
        var again = PictureReader.Read(PngWriter.Write(picture));
        (again.Width, again.Height).Should().Be((picture.Width, picture.Height));
        again.Pixels.Should().Equal(picture.Pixels);
    }

    [Fact]
    public void Small_files_that_claim_to_be_huge_are_refused_before_a_pixel_is_unpacked()
    {
        var jpeg = Photo("hot_dog.jpg");
        var frame = jpeg.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0, 0x00, 0x11]); // of the photo, behind its preview
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), 65_000);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), 65_000);
        var bmp = Photo("cat.bmp");
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), 60_000);
        var png = PngWriter.Write(new Picture(1, 1, [1, 2, 3]));
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 100_000);
        foreach (var file in new[] { jpeg, bmp })
        {
            ((Action)(() => PictureReader.Read(file))).Should().Throw<PictureException>().WithMessage("*pixels are read*");
        }
        ((Action)(() => PictureReader.Read(png))).Should().Throw<PictureException>("its checksum does not fit either");
    }

    [Fact]
    public void Five_thousand_damaged_files_end_in_a_picture_or_a_refusal()
    {
        var chance = new Random(2);
        byte[][] files = [Photo("hot_dog.jpg"), Photo("cat.bmp")[..4000], PngWriter.Write(new Picture(8, 8, new byte[192]))];
        for (var k = 0; k < 5_000; k++)
        {
            var copy = (byte[])files[k % 3].Clone();
            for (var flips = 0; flips < 3; flips++)
            {
                copy[chance.Next(Math.Min(copy.Length, 2000))] = (byte)chance.Next(256);
            }
            try
            {
                PictureReader.Read(copy.AsSpan(0, k % 7 == 0 ? chance.Next(copy.Length) : copy.Length));
            }
            catch (PictureException)
            {
                // Nothing else may leave.
            }
        }
    }
}
