using System.Text;
using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>What is no picture leaves a picture file at the door; the pixels stay as they are.</summary>
public sealed class PictureMetadataTests
{
    private const string Secret = "GPS 45.4642 9.1900 Elisa Bruni";

    private static byte[] Photo => File.ReadAllBytes(Repository.File("samples", "photos", "hot_dog.jpg"));

    [Theory]
    [InlineData(0xE1)] // EXIF, XMP
    [InlineData(0xE2)] // colour profile, more pictures
    [InlineData(0xED)] // IPTC
    [InlineData(0xFE)] // comment
    public void A_photo_loses_every_part_that_carries_text(byte marker)
    {
        var photo = Photo;
        var secret = Encoding.ASCII.GetBytes(Secret);
        byte[] marked = [.. photo[..2], 0xFF, marker, 0, (byte)(secret.Length + 2), .. secret, .. photo[2..], .. secret];

        var clean = PictureMetadata.Strip(marked)!;

        Encoding.ASCII.GetString(clean).Should().NotContain("Elisa");
        clean.Should().Equal(PictureMetadata.Strip(photo), "the rest stays as it was");
    }

    [Theory]
    [InlineData("tEXt")]
    [InlineData("eXIf")]
    [InlineData("iTXt")]
    [InlineData("neWx")]
    public void A_png_keeps_what_a_decoder_needs_and_nothing_else(string kind)
    {
        byte[] signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];
        byte[] Chunk(string name, byte[] data) => [0, 0, 0, (byte)data.Length, .. Encoding.ASCII.GetBytes(name), .. data, 0, 0, 0, 0];
        byte[] file = [.. signature, .. Chunk("IHDR", new byte[13]), .. Chunk(kind, Encoding.ASCII.GetBytes(Secret)), .. Chunk("IDAT", [1]), .. Chunk("IEND", []), .. Encoding.ASCII.GetBytes(Secret)];

        PictureMetadata.Strip(file).Should().Equal([.. signature, .. Chunk("IHDR", new byte[13]), .. Chunk("IDAT", [1]), .. Chunk("IEND", [])]);
    }

    [Fact]
    public void A_bmp_ends_with_its_pixels()
    {
        var bmp = File.ReadAllBytes(Repository.File("samples", "photos", "cat.bmp"));

        PictureMetadata.Strip([.. bmp, .. Encoding.ASCII.GetBytes(Secret)]).Should().Equal(bmp);
    }

    [Fact]
    public void Cut_and_odd_files_are_refused_and_none_of_twenty_thousand_mutations_breaks_anything()
    {
        PictureMetadata.Strip("GIF89a"u8).Should().BeNull();
        PictureMetadata.Strip(Photo.AsSpan(0, 500)).Should().BeNull();
        PictureMetadata.Strip(new Sensitive<string>("no base64!")).Should().BeNull();
        var (chance, photo) = (new Random(1), Photo[..4000]);
        for (var k = 0; k < 20_000; k++)
        {
            var copy = (byte[])photo.Clone();
            for (var flips = 0; flips < 4; flips++)
            {
                copy[chance.Next(copy.Length)] = (byte)chance.Next(256);
            }
            _ = PictureMetadata.Strip(copy.AsSpan(0, chance.Next(copy.Length)));
        }
    }
}
