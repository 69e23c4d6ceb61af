using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Evaluation;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Images to classes.</summary>
/// <remarks>b = batch, c = classes. Grey images are repeated to as many channels as the base reads.</remarks>
public sealed class ImageTask : ModelTask, IFeatureTask
{
    private readonly Dictionary<string, long> _numbers;
    private readonly ClassLoss _loss;
    private readonly IReadOnlyList<string> _labels;
    private readonly int _channels;
    private (int Channels, int Height, int Width) _size;

    private ImageTask((Model Model, Models.Checkpoints.LoadReport Report) opened, Recipe recipe, IReadOnlyList<string> labels, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        (_labels, _loss) = (labels, new ClassLoss(recipe, labels.Count));
        _numbers = labels.Index().ToDictionary(l => l.Item, l => (long)l.Index);
        var stem = Model.named_parameters().First(p => p.parameter.shape.Length == 4).parameter.shape;
        _channels = (int)stem[1];
    }

    /// <exception cref="InvalidDataException">The folder cannot serve this task.</exception>
    public static ImageTask Build(Recipe recipe, string folder, IReadOnlyList<string> labels, Device device) =>
        new(Open(folder, HeadKind.ImageClassification, recipe, WithLabels(labels)), recipe, labels, device);

    public Item Encode(LabelledImage image)
    {
        _size = (_channels, image.Height, image.Width);
        var plane = image.Pixels.Select(p => (p - 0.5f) / 0.5f).ToArray();
        return new Item
        {
            Label = _numbers[image.Label],
            Pixels = image.Channels == _channels ? plane : [.. Enumerable.Repeat(plane, _channels / image.Channels).SelectMany(p => p)],
        };
    }

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
        DataCheck.RequireClasses(train, held, _labels);
        _loss.Count(train);
    }

    public Tensor Features(IReadOnlyList<Item> batch) =>
        Model.Feature(Forward(batch.Select(i => i.Pixels!).ToArray())) ?? throw new InvalidDataException("method: head needs a model that classifies from one vector; use freeze or full for this one.");

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        var labels = Batches.Labels(batch, Device);
        if (batch[0].Features is not null)
        {
            return _loss.Of(Logits(batch), labels);
        }
        var (pixels, partner, share) = ImageAugmentation.Of(Recipe.Augment, batch, _size, context.Chance);
        var logits = Forward(pixels).Logits!; // the head is a classifier
        if (partner is null)
        {
            return _loss.Of(logits, labels);
        }
        var mixed = tensor([.. partner.Select(k => batch[k].Label)], device: Device);
        return (_loss.Of(logits, labels) * share) + (_loss.Of(logits, mixed) * (1 - share));
    }

    public override Scores Evaluate(IReadOnlyList<Item> items)
    {
        var (predicted, loss) = ScoreClasses(items, Logits);
        return ClassificationReport.Of([.. items.Select(i => i.Label)], predicted, _labels.Count).ToScores(loss);
    }

    private Tensor Logits(IReadOnlyList<Item> batch) => batch[0].Features is null
        ? Forward(batch.Select(i => i.Pixels!).ToArray()).Logits! // the head is a classifier
        : Model.Classify(cat([.. batch.Select(i => i.Features!)]))!; // kept by the same model

    private ModelOutput Forward(float[][] pixels) => Model.Forward(new ModelInput { PixelValues = Batches.Images(pixels, _size, Device) });
}
