using System.Globalization;
using Appliance.Models.Checkpoints;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class SafeTensorsGoldenTests
{
    public static TheoryData<string> Good => Files("ok_*.safetensors");

    public static TheoryData<string> Bad => Files("bad_*.safetensors");

    [SkippableTheory]
    [MemberData(nameof(Good))]
    public void A_file_at_the_edge_of_the_format_loads_with_the_expected_values(string name)
    {
        Skip.If(name.Length == 0, "no files in this folder");
        using var scope = NewDisposeScope();
        var path = Fixtures.At("misc", "safetensors_edge", name);
        using var file = SafeTensors.Open(path);
        foreach (var tensor in file.Tensors)
        {
            file.Read(tensor.Name).shape.Should().Equal(tensor.Shape);
        }
        var expected = Path.ChangeExtension(path, null) + ".expected.json";
        if (!File.Exists(expected))
        {
            return;
        }
        foreach (var one in Fixtures.Json(expected).EnumerateObject())
        {
            if (one.Name == "shapes")
            {
                file.Tensors.ToDictionary(t => t.Name, t => t.Shape).Should().BeEquivalentTo(
                    one.Value.EnumerateObject().ToDictionary(s => s.Name, s => s.Value.EnumerateArray().Select(n => n.GetInt64()).ToArray()));
                continue;
            }
            Values(file, one.Name).Should().Equal(one.Value.EnumerateArray().Select(v => Parse(v.GetString()!, one.Name)), one.Name);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Bad))]
    public void A_broken_file_is_refused_with_a_reason(string name)
    {
        Skip.If(name.Length == 0, "no files in this folder");

        var act = () => SafeTensors.Open(Fixtures.At("misc", "safetensors_edge", name)).Dispose();

        act.Should().Throw<SafeTensorsException>().Which.Reason.Should().NotBeEmpty();
    }

    private static IEnumerable<string> Values(SafeTensors file, string name)
    {
        var widened = name.EndsWith("_as_f32", StringComparison.Ordinal);
        var tensor = file.Find(widened ? name[..^"_as_f32".Length] : name)!;
        if (widened)
        {
            using var wide = empty(tensor.Shape);
            file.ReadInto(tensor.Name, wide);
            return [.. wide.data<float>().ToArray().Select(Text)];
        }
        using var read = file.Read(name);
        return tensor.Type switch
        {
            ScalarType.Float32 => [.. read.data<float>().ToArray().Select(Text)],
            ScalarType.Float64 => [.. read.data<double>().ToArray().Select(d => d.ToString("R", CultureInfo.InvariantCulture))],
            ScalarType.Int64 => [.. read.data<long>().ToArray().Select(l => l.ToString(CultureInfo.InvariantCulture))],
            _ => throw new NotSupportedException(name),
        };
    }

    private static string Parse(string text, string name) => name is "i64" ? text
        : name is "f64" ? double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture)
        : Text(text switch
        {
            "inf" => float.PositiveInfinity,
            "-inf" => float.NegativeInfinity,
            "nan" => float.NaN,
            _ => (float)double.Parse(text, CultureInfo.InvariantCulture),
        });

    private static string Text(float f) => f.ToString("R", CultureInfo.InvariantCulture);

    private static TheoryData<string> Files(string pattern) => Fixtures.Rows(!Directory.Exists(Fixtures.At("misc", "safetensors_edge")) ? []
        : [.. Directory.GetFiles(Fixtures.At("misc", "safetensors_edge"), pattern).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]);
}
