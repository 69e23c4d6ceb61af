using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A tag for each word: named entities. The first piece of a word speaks for it.</summary>
/// <remarks>b = batch, t = tokens, c = tags.</remarks>
public sealed class TaggingTask : ModelTask
{
    private readonly TextCoder _coder;
    private readonly IReadOnlyList<string> _tags;
    private readonly Dictionary<string, int> _numbers;

    private TaggingTask((Models.Families.Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, TextCoder coder, IReadOnlyList<string> tags, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        (_coder, _tags) = (coder, tags);
        _numbers = tags.Index().ToDictionary(t => t.Item, t => t.Index);
    }

    /// <exception cref="InvalidDataException">The folder cannot serve this task.</exception>
    public static TaggingTask Build(Recipe recipe, string folder, IReadOnlyList<string> tags, Device device) => new(
        Open(folder, HeadKind.TokenClassification, recipe, WithLabels(tags)), recipe, TextCoder.Open(folder), tags, device);

    public Item Encode(TaggedSentence sentence)
    {
        List<int> ids = [.. _coder.Before];
        List<long> labels = [.. _coder.Before.Select(_ => Item.Ignored)];
        foreach (var (k, word) in sentence.Words.Index())
        {
            var pieces = _coder.Word(word, k == 0);
            if (pieces.Length == 0 || ids.Count + pieces.Length + _coder.After.Length > Recipe.LengthMax)
            {
                continue; // a word of nothing but marks that the vocabulary drops, or behind the model's end
            }
            ids.AddRange(pieces);
            labels.Add(_numbers.GetValueOrDefault(sentence.Tags[k], 0));
            labels.AddRange(pieces.Skip(1).Select(_ => Item.Ignored));
        }
        ids.AddRange(_coder.After);
        labels.AddRange(_coder.After.Select(_ => Item.Ignored));
        return new Item { Ids = [.. ids], Labels = [.. labels], Source = sentence };
    }

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held) =>
        DataCheck.RequireKnown(train, held, _tags, i => i.Labels!.Where(l => l != Item.Ignored)); // set by Encode

    public override double Units(IReadOnlyList<Item> batch) => Math.Max(1, batch.Sum(i => i.Labels!.Count(l => l != Item.Ignored))); // set by Encode

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var logits = Model.Answer(Texts(batch)).Logits!; // [b, t, c]
        return nn.functional.cross_entropy(logits.reshape(-1, _tags.Count), Batches.TokenLabels(batch, Device).view(-1), label_smoothing: Recipe.LabelSmoothing);
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (truth, found) = (new string[items.Count][], new string[items.Count][]);
        var (loss, units) = (0.0, 0.0);
        InBatches(items, (rows, batch) =>
        {
            var logits = Model.Answer(Texts(batch)).Logits!; // [b, t, c]
            loss += nn.functional.cross_entropy(logits.reshape(-1, _tags.Count), Batches.TokenLabels(batch, Device).view(-1), reduction: nn.Reduction.Sum).item<float>();
            units += Units(batch);
            var (best, t) = (logits.argmax(2).cpu().data<long>().ToArray(), logits.shape[1]);
            for (var r = 0; r < batch.Length; r++)
            {
                var places = Enumerable.Range(0, batch[r].Ids.Length).Where(k => batch[r].Labels![k] != Item.Ignored).ToArray();
                truth[rows[r]] = [.. places.Select(k => _tags[(int)batch[r].Labels![k]])];
                found[rows[r]] = [.. places.Select(k => _tags[(int)best[(r * t) + k]])];
            }
        });
        var report = TagSequences.Compare(truth, found);
        return new Scores(loss / Math.Max(1, units), new Dictionary<string, double>
        {
            ["f1"] = report.Micro.F1, ["macro_f1"] = double.IsNaN(report.Macro.F1) ? 0 : report.Macro.F1, ["accuracy"] = report.TokenAccuracy,
        });
    }
}
