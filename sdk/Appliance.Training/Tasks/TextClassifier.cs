using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Texts to classes, trained or answering: the field <c>text</c> to every label with its probability.</summary>
/// <remarks>b = batch, h = feature size, c = classes.</remarks>
public sealed class TextClassifier : TaughtTask, IFeatureTask
{
    private const string Field = "text";
    private readonly TextCoder _coder;
    private readonly Dictionary<string, long> _numbers;
    private readonly ClassLoss _loss;

    private TextClassifier(OpenedModel opened, Recipe recipe, IReadOnlyList<string> labels, TextCoder coder, Device device)
        : base(opened, recipe, device)
    {
        (Labels, _coder) = (labels, coder);
        _numbers = labels.Index().ToDictionary(l => l.Item, l => (long)l.Index);
        _loss = new ClassLoss(recipe, labels.Count);
    }

    /// <summary>The class names; a class's number is its place here.</summary>
    public IReadOnlyList<string> Labels { get; }

    public override AnswerKind Kind => AnswerKind.Class;

    protected override string About => "";

    /// <summary>A base model of any family that classifies texts, with a new head for these labels.</summary>
    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static TextClassifier Build(Recipe recipe, ModelSource source, IReadOnlyList<string> labels, Device device)
    {
        using var opening = source;
        return labels.Count < 2
            ? throw new InvalidDataException("A classifier needs at least two labels.")
            : Make(recipe, source, labels, device);
    }

    /// <summary>A trained classifier of any family from its folder: a teacher.</summary>
    /// <exception cref="InvalidDataException">The folder has no trained head for these labels.</exception>
    internal static TextClassifier Trained(Recipe recipe, string folder, IReadOnlyList<string> labels, Device device)
    {
        var teacher = Build(recipe, folder, labels, device);
        return teacher.HasNewHead
            ? throw new InvalidDataException($"{folder} has no trained head: a teacher must know the task. Train it first and save it.")
            : teacher;
    }

    /// <summary>A trained model, head included.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static TextClassifier Open(ModelSource source, Device device) => Reopened(source, recipe => Make(recipe, source, LabelsOf(source), device));

    private static TextClassifier Make(Recipe recipe, ModelSource source, IReadOnlyList<string> labels, Device device) =>
        new(Open(source, HeadKind.SequenceClassification, recipe, WithLabels(labels)), recipe, labels, TextCoder.Open(source.Folder), device);

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
        DataCheck.RequireClasses(train, held, Labels);
        _loss.Count(train);
    }

    public Item Encode(Example example) => _numbers.TryGetValue(example.Label, out var label)
        ? new Item { Ids = _coder.Encode(example.Text, Settings.MaxLength), Label = label }
        : throw new InvalidDataException($"There is a label that the model does not know; it knows: {string.Join(", ", Labels)}.");

    public override IEnumerable<Item> Encode(LabelledInput row, bool learning) => [Encode(new Example(row.Input[Field], row.Label))];

    public Tensor Features(IReadOnlyList<Item> batch) => Vector(Model.Answer(Texts(batch)));

    private Tensor Vector(ModelOutput output) => Model.Feature(output)
        ?? throw new InvalidDataException("It takes a model that classifies from one vector. For method: head use freeze or lora instead; for distill set hidden_weight to 0.");

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context) => Loss(Learning(batch, context, features: false).Logits, batch);

    // [b, c] scores of one pass over the batch as it is learnt from, and [b, h] what the head read, where asked
    internal (Tensor Logits, Tensor? Features) Learning(IReadOnlyList<Item> batch, BatchContext context, bool features)
    {
        var augmented = TextAugmentation.Of(Recipe.Augment, batch, context.Chance, Model);
        if (!features)
        {
            return (Logits(augmented), null);
        }
        var output = Model.Answer(Texts(augmented));
        return (output.Logits!, Vector(output)); // the head is a classifier
    }

    internal Tensor Loss(Tensor logits, IReadOnlyList<Item> batch) => _loss.Of(logits, Batches.Labels(batch, Device));

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (predicted, loss) = ScoreClasses(items, Logits);
        return ClassificationReport.Of([.. items.Select(i => i.Label)], predicted, Labels.Count).ToScores(loss);
    }

    /// <summary>The probability of each label for one text, in the labels' order.</summary>
    public float[] Probabilities(string text)
    {
        var shares = Answer(new TaskInput(new Dictionary<string, string> { [Field] = text })).Predictions.ToDictionary(p => p.Label, p => (float)p.Score);
        return [.. Labels.Select(l => shares[l])];
    }

    /// <summary>The number of the most probable class of each item, in their order.</summary>
    public IReadOnlyList<long> Predict(IReadOnlyList<Item> items) => ScoreClasses(items, Logits).Predicted;

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs) =>
        ClassOutputs([.. inputs.Select(i => new Item { Ids = _coder.Encode(i[Field], Settings.MaxLength) })], Logits, Labels);

    // [b] → [b, c], from kept features where there are any
    internal Tensor Logits(IReadOnlyList<Item> batch) => batch[0].Features is null
        ? Model.Answer(Texts(batch)).Logits! // the head is a classifier
        : Model.Classify(cat([.. batch.Select(i => i.Features!)]))!; // kept by the same model
}
