using System.Text.Json;
using Appliance.Models.Generation;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class GenerationGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Rows([.. Fixtures.Names("models")
        .Where(n => Fixtures.Json(Fixtures.At("models", n, "golden.json")).TryGetProperty("generation", out _))]);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Greedy_and_beam_tokens_are_the_references_exactly(string name)
    {
        Skip.If(name.Length == 0, "no generation cases in this folder");
        var folder = Fixtures.At("models", name);
        using var expected = new Expected(folder);
        using var scope = NewDisposeScope();
        using var model = ModelGoldenTests.Open(folder, expected.Text("class"));
        foreach (var generation in expected.Json.GetProperty("generation").EnumerateArray())
        {
            var prefix = $"gen.{generation.GetProperty("name").GetString()}.";
            var (ids, mask) = (Rows(expected[prefix + "input_ids"]), Rows(expected[prefix + "attention_mask"]));
            var prompts = ids.Select((row, k) => row.Where((_, t) => mask[k][t] != 0).ToArray()).ToArray();
            var options = Options(generation.GetProperty("params")) with { PaddingId = generation.GetProperty("pad_token_id").GetInt32() };
            var wanted = Rows(expected[prefix + "sequences"]);

            var written = new Generator(model).Generate(prompts, options, CancellationToken.None);

            for (var k = 0; k < prompts.Length; k++)
            {
                var start = model.Config.ModelType == "t5" ? 1 : ids[k].Length;
                written[k].Should().Equal(wanted[k][start..].Take(written[k].Length), "case {0} of {1}", prefix, name);
                wanted[k][start..].Skip(written[k].Length).All(i => i == options.PaddingId).Should().BeTrue("only padding follows");
            }
            if (expected.Has(prefix + "scores"))
            {
                Scores(expected, prefix, new Generator(model).Stream(prompts, options, CancellationToken.None));
            }
        }
    }

    private static void Scores(Expected expected, string prefix, IEnumerable<GenerationStep> steps)
    {
        var wanted = expected[prefix + "scores"]; // [b, steps, v]
        var n = 0;
        var ended = new bool[wanted.shape[0]];
        foreach (var step in steps)
        {
            for (var k = 0; k < ended.Length; k++)
            {
                if (!ended[k])
                {
                    var row = wanted.select(0, k).select(0, n).data<float>().ToArray();
                    ProcessorGoldenTests.Same(step.Scores[k], row, prefix, 5e-5);
                }
                ended[k] = step.Ended[k];
            }
            n++;
        }
    }

    internal static GenerationOptions Options(JsonElement parameters)
    {
        double Number(string name, double fallback) => parameters.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetDouble() : fallback;
        var known = new HashSet<string>
        {
            "max_new_tokens", "repetition_penalty", "no_repeat_ngram_size", "num_beams", "length_penalty", "eos_token_id", "temperature", "top_k",
            "top_p", "min_p", "typical_p", "epsilon_cutoff", "min_length", "bad_words_ids", "do_sample",
        };
        Skip.If(parameters.EnumerateObject().Any(p => !known.Contains(p.Name)), "a generation option that is not implemented: " +
            string.Join(", ", parameters.EnumerateObject().Select(p => p.Name).Where(n => !known.Contains(n))));
        return new GenerationOptions
        {
            MaxNewTokens = (int)Number("max_new_tokens", 20),
            RepetitionPenalty = Number("repetition_penalty", 1),
            NoRepeatNgramSize = (int)Number("no_repeat_ngram_size", 0),
            Beams = (int)Number("num_beams", 1),
            LengthPenalty = Number("length_penalty", 1),
            Temperature = Number("temperature", 1),
            TopK = (int)Number("top_k", 0),
            TopP = Number("top_p", 1),
            MinP = Number("min_p", 0),
            TypicalP = Number("typical_p", 1),
            EpsilonCutoff = Number("epsilon_cutoff", 0),
            MinLength = (int)Number("min_length", 0),
            EndIds = !parameters.TryGetProperty("eos_token_id", out var end) || end.ValueKind == JsonValueKind.Null ? []
                : end.ValueKind == JsonValueKind.Array ? [.. end.EnumerateArray().Select(e => e.GetInt32())] : [end.GetInt32()],
            BadWords = parameters.TryGetProperty("bad_words_ids", out var bad)
                ? [.. bad.EnumerateArray().Select(w => w.EnumerateArray().Select(i => i.GetInt32()).ToArray())] : [],
        };
    }

    internal static int[][] Rows(Tensor matrix)
    {
        var (all, width) = (matrix.data<long>().ToArray(), (int)matrix.shape[1]);
        return [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(k => all[(k * width)..((k + 1) * width)].Select(i => (int)i).ToArray())];
    }
}
