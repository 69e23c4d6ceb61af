using Appliance.Models.Generation;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class ProcessorGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Rows(!File.Exists(Fixtures.At("misc", "logits_processors", "golden.json")) ? []
        : [.. Fixtures.Json(Fixtures.At("misc", "logits_processors", "golden.json")).GetProperty("cases").EnumerateArray()
            .Select(c => c.GetProperty("name").GetString()!)]);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_rule_changes_scores_as_the_reference_does(string name)
    {
        Skip.If(name.Length == 0, "no rules in this folder");
        using var scope = NewDisposeScope();
        using var expected = new Expected(Fixtures.At("misc", "logits_processors"));
        var one = expected.Json.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var options = GenerationGoldenTests.Options(one.GetProperty("params")) with { Sample = true };
        var seen = GenerationGoldenTests.Rows(expected["in.input_ids"]);
        var logits = expected["in.logits"];
        for (var row = 0; row < seen.Length; row++)
        {
            var scores = logits.select(0, row).data<float>().ToArray();

            LogitsProcessing.Apply(scores, seen[row], options);

            var wanted = expected["out." + name].select(0, row).data<float>().ToArray();
            if (!TieSwapped(scores, wanted))
            {
                Same(scores, wanted, name, 5e-5);
            }
            if (expected.Has($"out.{name}_probabilities"))
            {
                Same(LogitsProcessing.Softmax(scores), expected[$"out.{name}_probabilities"].select(0, row).data<float>().ToArray(), name, 1e-6);
            }
        }
    }

    // Two equal maxima of which one is kept: the fixture's note accepts either.
    private static bool TieSwapped(float[] ours, float[] wanted) =>
        ours.Count(float.IsFinite) == 1 && wanted.Count(float.IsFinite) == 1 && ours.Max() == wanted.Max();

    internal static void Same(float[] ours, float[] wanted, string name, double floor)
    {
        for (var k = 0; k < wanted.Length; k++)
        {
            if (float.IsNegativeInfinity(wanted[k]) || float.IsNegativeInfinity(ours[k]))
            {
                ours[k].Should().Be(wanted[k], "{0}: the same tokens are ruled out (at {1})", name, k);
                continue;
            }
            Math.Abs(ours[k] - wanted[k]).Should().BeLessThanOrEqualTo((float)(floor + (1e-4 * Math.Abs(wanted[k]))), "{0} at {1}", name, k);
        }
    }
}
