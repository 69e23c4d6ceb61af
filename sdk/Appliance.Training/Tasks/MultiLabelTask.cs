using Appliance.Models.Heads;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Any number of classes a text: each is a question of its own, answered yes above one half.</summary>
/// <remarks>b = batch, c = classes.</remarks>
public sealed class MultiLabelTask : ModelTask
{
    private const char Separator = '|';
    private readonly TextCoder _coder;
    private readonly IReadOnlyList<string> _labels;
    private readonly Dictionary<string, int> _numbers;

    private MultiLabelTask((Models.Families.Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, TextCoder coder, IReadOnlyList<string> labels, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        (_coder, _labels) = (coder, labels);
        _numbers = labels.Index().ToDictionary(l => l.Item, l => l.Index);
    }

    /// <exception cref="InvalidDataException">The folder cannot serve this task, or there is no label at all.</exception>
    public static MultiLabelTask Build(Recipe recipe, string folder, IReadOnlyList<string> labels, Device device) => labels.Count == 0
        ? throw new InvalidDataException("No row has a label. Write them in the label column with | between.")
        : new MultiLabelTask(OpenModel(folder, HeadKind.SequenceClassification, recipe, WithLabels(labels)), recipe, TextCoder.Open(folder), labels, device);

    /// <summary>The classes of a label column.</summary>
    public static IReadOnlyList<string> Split(string label) =>
        label.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public Item Encode(Example example)
    {
        var labels = new long[_labels.Count];
        foreach (var label in Split(example.Label))
        {
            labels[_numbers[label]] = 1;
        }
        return new Item { Ids = _coder.Encode(example.Text, Recipe.LengthMax), Labels = labels };
    }

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held) =>
        DataCheck.RequireKnown(train, held, _labels, i => i.Labels!.Index().Where(l => l.Item == 1).Select(l => (long)l.Index)); // set by Encode

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var augmented = TextAugmentation.Of(Recipe.Augment, batch, context.Chance, Model);
        return nn.functional.binary_cross_entropy_with_logits(Model.Answer(Texts(augmented)).Logits!, Truth(batch)); // the head is a classifier
    }

    /// <summary>Of single yes-or-no answers: f1 over all, macro_f1 over the classes; accuracy where all classes of a text are right.</summary>
    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (hits, predicted, real) = (new double[_labels.Count], new double[_labels.Count], new double[_labels.Count]);
        var (loss, whole) = (0.0, 0);
        InBatches(items, (_, batch) =>
        {
            var logits = Model.Answer(Texts(batch)).Logits!; // [b, c]
            loss += nn.functional.binary_cross_entropy_with_logits(logits, Truth(batch)).item<float>() * batch.Length;
            var scores = logits.cpu().data<float>().ToArray();
            foreach (var (row, item) in batch.Index())
            {
                var right = true;
                for (var c = 0; c < _labels.Count; c++)
                {
                    var (yes, truly) = (scores[(row * _labels.Count) + c] > 0, item.Labels![c] == 1); // set by Encode
                    (hits[c], predicted[c], real[c]) = (hits[c] + (yes && truly ? 1 : 0), predicted[c] + (yes ? 1 : 0), real[c] + (truly ? 1 : 0));
                    right &= yes == truly;
                }
                whole += right ? 1 : 0;
            }
        });
        return new Scores(loss / Math.Max(1, items.Count), new Dictionary<string, double>
        {
            ["f1"] = ClassMetrics.Score(hits.Sum(), predicted.Sum(), real.Sum()).F1,
            ["macro_f1"] = Enumerable.Range(0, _labels.Count).Average(c => ClassMetrics.Score(hits[c], predicted[c], real[c]).F1),
            ["accuracy"] = whole / (double)Math.Max(1, items.Count),
        });
    }

    // [b, c] of 0 and 1
    private Tensor Truth(IReadOnlyList<Item> batch) =>
        tensor([.. batch.SelectMany(i => i.Labels!).Select(l => (float)l)], [batch.Count, _labels.Count], device: Device); // set by Encode
}
