using System.Text.Json;
using Appliance.Models.Answering;
using Appliance.Models.Generation;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class EndToEndGoldenTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Cases => Fixtures.Folders("e2e");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_text_gives_the_references_result(string name)
    {
        Skip.If(name.Length == 0, "no end-to-end cases in this folder");
        var folder = Fixtures.At("e2e", name);
        using var expected = new Expected(folder);
        using var scope = NewDisposeScope();
        switch (expected.Text("task"))
        {
            case "text-classification":
                Classification(expected, folder);
                break;
            case "token-classification":
                Entities(expected, folder);
                break;
            case "question-answering":
                Answers(expected, folder);
                break;
            case "fill-mask":
                Masks(expected, folder);
                break;
            case "sentence-embedding":
                Sentences(expected, folder);
                break;
            case "text-generation":
                Texts(expected, folder);
                break;
            default:
                Skip.If(true, $"task {expected.Text("task")} is not implemented");
                break;
        }
    }

    private static void Classification(Expected expected, string folder)
    {
        using var model = TextModel.Open(folder);
        var json = expected.Json;
        (string, string?)[] texts = json.GetProperty("pairs").ValueKind == JsonValueKind.Array
            ? [.. json.GetProperty("pairs").EnumerateArray().Select(p => (p[0].GetString()!, (string?)p[1].GetString()))]
            : [.. json.GetProperty("texts").EnumerateArray().Select(t => (t.GetString()!, (string?)null))];
        Ids(expected, "in.input_ids", [.. model.Encode(texts)]);

        var shares = new TextLabels(model).Probabilities(texts);

        foreach (var (k, wanted) in json.GetProperty("predictions").EnumerateArray().Index())
        {
            var top = Array.IndexOf(shares[k], shares[k].Max());
            model.Model.Config.Labels[top].Should().Be(wanted.GetProperty("label").GetString());
            Near(shares[k][top], wanted.GetProperty("score").GetDouble());
        }
    }

    private static void Entities(Expected expected, string folder)
    {
        using var model = TextModel.Open(folder);
        var finder = new EntityFinder(model);
        foreach (var (k, one) in expected.Json.GetProperty("cases").EnumerateArray().Index())
        {
            var text = one.GetProperty("text").GetString()!;
            model.Encode([(text, null)])[0].Ids.Should().Equal(expected[$"in.{k}.input_ids"].data<long>().ToArray().Select(i => (int)i));
            foreach (var grouping in Enum.GetValues<EntityGrouping>())
            {
                var wanted = one.GetProperty(grouping.ToString().ToLowerInvariant()).EnumerateArray().ToArray();

                var found = finder.Find(text, grouping);

                var label = grouping == EntityGrouping.None ? "entity" : "entity_group";
                found.Select(f => (f.Label, f.Word, Points(text, f.Start), Points(text, f.End))).Should().Equal(wanted.Select(w =>
                    (w.GetProperty(label).GetString()!, w.GetProperty("word").GetString()!, w.GetProperty("start").GetInt32(), w.GetProperty("end").GetInt32())),
                    "case {0}, {1}", k, grouping);
                foreach (var (f, w) in found.Zip(wanted))
                {
                    Near(f.Score, w.GetProperty("score").GetDouble());
                }
            }
        }
    }

    private static void Answers(Expected expected, string folder)
    {
        using var model = TextModel.Open(folder);
        foreach (var one in expected.Json.GetProperty("cases").EnumerateArray())
        {
            var (question, context) = (one.GetProperty("question").GetString()!, one.GetProperty("context").GetString()!);
            var wanted = one.GetProperty("top3").EnumerateArray().ToArray();

            var found = new AnswerFinder(model).Find(question, context, wanted.Length);

            found.Select(f => (f.Text, Points(context, f.Start), Points(context, f.End))).Should().Equal(wanted.Select(w =>
                (w.GetProperty("answer").GetString()!, w.GetProperty("start").GetInt32(), w.GetProperty("end").GetInt32())));
            foreach (var (f, w) in found.Zip(wanted))
            {
                Near(f.Score, w.GetProperty("score").GetDouble());
            }
        }
    }

    private static void Masks(Expected expected, string folder)
    {
        using var model = TextModel.Open(folder);
        foreach (var one in expected.Json.GetProperty("cases").EnumerateArray())
        {
            var masks = one.GetProperty("masks").EnumerateArray().ToArray();

            var filled = new MaskFiller(model).Fill(one.GetProperty("text").GetString()!, 5);

            filled.Select(f => f.Position).Should().Equal(masks.Select(m => m.GetProperty("position").GetInt32()));
            foreach (var (ours, wanted) in filled.Zip(masks))
            {
                var top = wanted.GetProperty("top5").EnumerateArray().ToArray();
                ours.Best.Select(b => (b.Id, b.Word)).Should().Equal(top.Select(t => (t.GetProperty("id").GetInt32(), t.GetProperty("token").GetString()!)));
                foreach (var (b, t) in ours.Best.Zip(top))
                {
                    Near(b.Score, t.GetProperty("score").GetDouble());
                }
            }
        }
    }

    private static void Sentences(Expected expected, string folder)
    {
        using var model = SentenceEncoder.Open(folder, lengthMax: 512); // the reference was run on whole texts
        string[] texts = [.. expected.Json.GetProperty("texts").EnumerateArray().Select(t => t.GetString()!)];
        Ids(expected, "in.input_ids", [.. texts.Select(model.Encoding)]);

        var vectors = model.Encode(texts);

        var wanted = expected["out.sentence_embedding"];
        Close.Check("out.sentence_embedding", tensor([.. vectors.SelectMany(v => v)], wanted.shape), wanted, Tolerance, 1e-4);
        var (tokens, mask) = (expected["out.token_embeddings"], expected["in.attention_mask"]);
        foreach (var (name, mode) in new[] { ("cls", Pooling.Cls), ("lasttoken", Pooling.LastToken), ("max", Pooling.Max), ("mean", Pooling.Mean),
            ("mean_sqrt_len_tokens", Pooling.MeanSqrtLen), ("weightedmean", Pooling.WeightedMean) })
        {
            Close.Check(name, SentenceEncoder.Pool(tokens, mask, mode), expected["out.pool_" + name], Tolerance, 1e-4);
        }
    }

    private static void Texts(Expected expected, string folder)
    {
        using var model = TextModel.Open(folder);
        var options = new GenerationOptions { MaxNewTokens = expected.Json.GetProperty("max_new_tokens").GetInt32() };
        foreach (var (k, one) in expected.Json.GetProperty("cases").EnumerateArray().Index())
        {
            var ids = model.Tokenizer.Encode(one.GetProperty("prompt").GetString()!).Ids;
            ids.Should().Equal(one.GetProperty("input_ids").EnumerateArray().Select(i => i.GetInt32()));

            var written = new Generator(model.Model).Generate([ids], options, CancellationToken.None)[0];

            int[] all = [.. ids, .. written];
            all.Should().Equal(one.GetProperty("sequence").EnumerateArray().Select(i => i.GetInt32()));
            model.Tokenizer.Decode(all).Should().Be(one.GetProperty("text").GetString());
            Near(Perplexity.LossOf(model.Model, ids), expected[$"out.{k}.prompt_loss"].item<float>());
        }
    }

    private static void Ids(Expected expected, string name, IReadOnlyList<Appliance.Models.Tokenizers.TokenEncoding> ours)
    {
        var wanted = GenerationGoldenTests.Rows(expected[name]);
        var mask = GenerationGoldenTests.Rows(expected["in.attention_mask"]);
        for (var k = 0; k < wanted.Length; k++)
        {
            ours[k].Ids.Should().Equal(wanted[k].Where((_, t) => mask[k][t] != 0));
        }
    }

    private static void Near(double actual, double wanted) => Math.Abs(actual - wanted).Should().BeLessThanOrEqualTo(Math.Max(Tolerance, Tolerance * Math.Abs(wanted)));

    private static int Points(string text, int units) => text[..units].EnumerateRunes().Count();
}
