using System.Runtime.InteropServices;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Large nets whose weights follow a formula, so that no weight file is needed; the golden README has it.</summary>
[Collection("torch")]
public sealed class FormulaGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Folders("formula");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_net_with_formula_weights_gives_the_references_outputs(string name)
    {
        Skip.If(name.Length == 0, "no formula cases in this folder");
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var expected = new Expected(Fixtures.At("formula", name));
        var shapes = expected.Json.GetProperty("tensors").EnumerateObject().ToDictionary(
            t => t.Name, t => t.Value.EnumerateArray().Select(n => n.GetInt64()).ToArray());
        var config = ModelConfig.ForTensors(shapes);
        var family = FamilyRegistry.All.FirstOrDefault(f => f.Claims(config));
        Skip.If(family is null, $"family of {expected.Text("class")} is not implemented");
        using var model = family!.Build(config, HeadKind.ImageClassification);
        Fill(model.state_dict(), shapes);
        model.eval();
        var input = Sequence(999, expected.Json.GetProperty("input").EnumerateArray().Select(n => n.GetInt64()).ToArray(), u => u);

        var output = model.Forward(new ModelInput { PixelValues = input, Trace = true });

        var floor = Math.Max(1e-5, 10 * expected.Json.GetProperty("noise").GetDouble());
        Close.Check("out.logits", output.Logits!, expected["out.logits"], floor, 1e-4);
        foreach (var stage in expected.Names("out.").Where(n => n.EndsWith(".mean_per_channel", StringComparison.Ordinal)))
        {
            var module = stage.Split('.')[1];
            var ours = output.Stages.TryGetValue(module, out var known) ? known : module == "avgpool" ? output.Pooled!.unsqueeze(-1).unsqueeze(-1) : null;
            ours.Should().NotBeNull("{0} must be a stage of ours", module);
            Close.Check(stage, ours!.mean([2, 3]), expected[stage], floor, 1e-4);
        }
    }

    private static void Fill(Dictionary<string, Tensor> state, Dictionary<string, long[]> shapes)
    {
        var names = shapes.Keys.Order(StringComparer.Ordinal).ToArray();
        state.Keys.Should().BeEquivalentTo(names, "our tensors are the reference's, by name");
        for (var k = 0; k < names.Length; k++)
        {
            var (name, shape) = (names[k], shapes[names[k]]);
            if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                continue;
            }
            var fan = Math.Sqrt(6.0 / Math.Max(1, shape.Skip(1).Aggregate(1L, (a, b) => a * b)));
            Func<double, double> value = name.EndsWith("running_var", StringComparison.Ordinal) ? u => 1 + (0.25 * (u + 1))
                : name.EndsWith("running_mean", StringComparison.Ordinal) || name.EndsWith("bias", StringComparison.Ordinal) ? u => 0.1 * u
                : shape.Length == 1 ? u => 1 + (0.1 * u) : u => u * fan;
            state[name].copy_(Sequence((uint)(k + 1), shape, value));
        }
    }

    private static Tensor Sequence(uint seed, long[] shape, Func<double, double> value)
    {
        var numbers = new float[shape.Aggregate(1L, (a, b) => a * b)];
        var x = seed;
        for (var k = 0; k < numbers.Length; k++)
        {
            x = unchecked((1664525 * x) + 1013904223);
            numbers[k] = (float)value((2 * (x / 4294967296.0)) - 1);
        }
        return tensor(numbers, shape);
    }
}
