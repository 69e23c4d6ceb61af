using Appliance.Models.Config;
using Appliance.Models.Images;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class ImageGoldenTests
{
    private static string Folder => Fixtures.At("misc", "image_preprocessing");

    public static TheoryData<string> Cases => Fixtures.Rows(!File.Exists(Path.Combine(Folder, "golden.json")) ? []
        : [.. Fixtures.Json(Path.Combine(Folder, "golden.json")).GetProperty("pipelines").EnumerateArray().Select(p => p.GetProperty("name").GetString()!)]);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void An_image_becomes_the_references_numbers(string name)
    {
        Skip.If(name.Length == 0, "no images in this folder");
        using var scope = NewDisposeScope();
        using var expected = new Expected(Folder);
        var pipeline = expected.Json.GetProperty("pipelines").EnumerateArray().Single(p => p.GetProperty("name").GetString() == name);
        var preprocessor = Read(pipeline);
        var images = expected.Json.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("file").GetString()!).ToArray();
        for (var k = 0; k < images.Length; k++)
        {
            var picture = PngReader.Read(File.ReadAllBytes(Path.Combine(Folder, images[k])));
            picture.Pixels.Should().Equal(expected[$"in.{k}.rgb_uint8"].data<byte>().ToArray());

            var pixels = preprocessor.Apply(picture);

            Close.Check($"{name}, image {k}", pixels.squeeze(0), expected[$"out.{name}.{k}"], 1e-5, 0);
        }
    }

    private static ImagePreprocessor Read(System.Text.Json.JsonElement pipeline)
    {
        if (pipeline.TryGetProperty("preprocessor_config", out var config))
        {
            return ImagePreprocessor.Read(ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(config.GetRawText()), "preprocessor_config.json"));
        }
        var numbers = System.Text.RegularExpressions.Regex.Matches(pipeline.GetProperty("steps").GetString()!, @"\((\d+)\)").Select(m => int.Parse(m.Groups[1].Value)).ToArray();
        return ImagePreprocessor.Torchvision(numbers[0], numbers[1]);
    }
}
