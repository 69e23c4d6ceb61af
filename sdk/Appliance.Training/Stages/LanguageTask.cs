using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Stages;

/// <summary>Learning a language from plain text: the next word, or hidden words from both sides.</summary>
/// <remarks>b = batch, t = tokens, v = vocabulary.</remarks>
public sealed class LanguageTask : ModelTask
{
    private const double KeptAsIs = 0.1, Randomised = 0.1; // of the hidden words: Devlin et al. (2018)
    private readonly bool _masked;
    private readonly int _mask;
    private readonly int _size;
    private readonly HashSet<int> _special;
    private readonly HashSet<int> _inside; // pieces that go on a word

    internal LanguageTask((Models.Families.Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, TextCoder? coder, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        _masked = recipe.Stage == TrainingStage.PretrainMlm;
        _size = (int)Model.WordEmbeddings!.weight.shape[0]; // language models have a table of words
        _special = [.. coder?.Before ?? [], .. coder?.After ?? []];
        _mask = _masked
            ? coder?.General?.IdOf("[MASK]") ?? coder?.General?.IdOf("<mask>") ?? throw new InvalidDataException("stage: pretrain_mlm needs a tokenizer with a [MASK] or <mask> token.")
            : -1;
        _inside = recipe.WholeWords && coder?.General is { } general
            ? [.. Enumerable.Range(0, general.Size).Where(id => general.TokenOf(id)?.StartsWith("##", StringComparison.Ordinal) == true)]
            : [];
    }

    /// <exception cref="InvalidDataException">The folder cannot serve this stage.</exception>
    public static LanguageTask Build(Recipe recipe, string folder, Device device) => new(
        OpenModel(folder, recipe.Stage == TrainingStage.PretrainMlm ? HeadKind.MaskedLanguage : HeadKind.CausalLanguage, recipe, new Dictionary<string, object>()),
        recipe, TextCoder.Open(folder), device);

    public override double Units(IReadOnlyList<Item> batch) => _masked
        ? batch.Sum(i => Math.Max(1, Math.Round(i.Ids.Length * Recipe.MaskedShare)))
        : NextToken.Units(batch);

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var hidden = _masked ? [.. batch.Select(i => Hide(i, context.Chance))] : batch;
        var (scores, labels) = Scored(hidden);
        return nn.functional.cross_entropy(scores, labels, label_smoothing: Recipe.LabelSmoothing);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (loss, units, right) = (0.0, 0.0, 0.0);
        InBatches(items, (rows, batch) =>
        {
            // The same words are hidden at every look, so that losses can be compared.
            IReadOnlyList<Item> hidden = _masked ? [.. batch.Select((item, r) => Hide(item, new Random(rows[r])))] : batch;
            var (scores, labels) = Scored(hidden);
            loss += nn.functional.cross_entropy(scores, labels, reduction: nn.Reduction.Sum).item<float>();
            var (best, wanted) = (scores.argmax(1).cpu().data<long>().ToArray(), labels.cpu().data<long>().ToArray());
            units += wanted.Count(l => l != Item.Ignored);
            right += wanted.Zip(best).Count(p => p.First == p.Second);
        });
        var mean = loss / Math.Max(1, units);
        return new Scores(mean, new Dictionary<string, double> { ["accuracy"] = right / Math.Max(1, units), ["perplexity"] = Math.Exp(mean) });
    }

    // [n, v] scores and [n] labels; a causal model's scores are those of the next token
    private (Tensor Scores, Tensor Labels) Scored(IReadOnlyList<Item> batch)
    {
        if (!_masked)
        {
            return NextToken.Scored(Model, Texts(batch), batch, Device);
        }
        var labels = Batches.TokenLabels(batch, Device);
        var logits = NextToken.Own(Model.Answer(Texts(batch)).Logits!, labels.shape[1]); // a masked head makes scores
        return (logits.reshape(-1, logits.shape[2]), labels.reshape(-1));
    }

    // Dynamic masking (Liu et al. 2019): other words at every step; whole words where asked.
    private Item Hide(Item item, Random chance)
    {
        var (ids, labels) = (item.Ids.ToArray(), new long[item.Ids.Length]);
        Array.Fill(labels, Item.Ignored);
        var words = new List<List<int>>();
        for (var k = 0; k < ids.Length; k++)
        {
            if (!_special.Contains(ids[k]))
            {
                if (words.Count > 0 && _inside.Contains(ids[k]) && words[^1][^1] == k - 1)
                {
                    words[^1].Add(k);
                }
                else
                {
                    words.Add([k]);
                }
            }
        }
        var order = words.ToArray();
        chance.Shuffle(order);
        var left = Math.Max(1, (int)Math.Round(ids.Length * Recipe.MaskedShare));
        foreach (var word in order)
        {
            if (left <= 0)
            {
                break;
            }
            left -= word.Count;
            foreach (var place in word)
            {
                labels[place] = ids[place];
                var draw = chance.NextDouble();
                ids[place] = draw < KeptAsIs ? ids[place] : draw < KeptAsIs + Randomised ? chance.Next(_size) : _mask;
            }
        }
        return item with { Ids = ids, Labels = labels };
    }
}
