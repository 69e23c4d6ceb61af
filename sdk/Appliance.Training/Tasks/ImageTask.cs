using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Images;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Data;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Images to classes: the field <c>image</c>, a JPEG, PNG or BMP file in base64, to labels with probabilities.</summary>
/// <remarks>b = batch, c = classes. Grey images are repeated to as many channels as the base reads.</remarks>
public sealed class ImageTask : TaughtTask, IFeatureTask
{
    private const string Field = "image", HeatField = "heat_map";
    private const int SmallMax = 64; // below it a base for small images keeps their size
    private const int Usual = 224;
    private readonly Dictionary<string, long> _numbers;
    private readonly ClassLoss _loss;
    private readonly IReadOnlyList<string> _labels;
    private readonly int _channels;
    private (int Channels, int Height, int Width) _size;

    private ImageTask(OpenedModel opened, Recipe recipe, IReadOnlyList<string> labels, Device device)
        : base(opened, recipe, device)
    {
        (_labels, _loss) = (labels, new ClassLoss(recipe, labels.Count));
        _numbers = labels.Index().ToDictionary(l => l.Item, l => (long)l.Index);
        var stem = Model.named_parameters().First(p => p.parameter.shape.Length == 4).parameter.shape;
        _channels = (int)stem[1];
    }

    public override AnswerKind Kind => AnswerKind.Class;

    protected override string About => "";

    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    public static ImageTask Build(Recipe recipe, ModelSource source, IReadOnlyList<string> labels, Device device)
    {
        using var opening = source;
        return Make(recipe, source, labels, device);
    }

    /// <summary>A trained model, head included.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    public static ImageTask Open(ModelSource source, Device device) => Reopened(source, recipe => Make(recipe, source, LabelsOf(source), device));

    private static ImageTask Make(Recipe recipe, ModelSource source, IReadOnlyList<string> labels, Device device) =>
        new(Open(source, HeadKind.ImageClassification, recipe, WithLabels(labels)), recipe, labels, device);

    /// <summary>All images get the size of the first that is learnt from, if it is small, else 224 × 224.</summary>
    /// <exception cref="InvalidDataException">The file is no usable image, or the label not one that the model knows.</exception>
    public override IEnumerable<Item> Encode(LabelledInput row, bool learning) => [Prepared(row.Input) with
    {
        Label = _numbers.TryGetValue(row.Label, out var label) ? label : throw new InvalidDataException("There is a label that the model does not know."),
    }];

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

    protected override IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs)
    {
        Item[] items = [.. inputs.Select(Prepared)];
        var outputs = ClassOutputs(items, Logits, _labels);
        return [.. outputs.Select((o, k) => inputs[k].Fields.ContainsKey(HeatField)
            ? o with { Picture = PngWriter.Write(GradCam.Draw(Model, Batches.Images([items[k].Pixels!], _size, Device), _numbers[o.Predictions[0].Label])) } // set by Prepared
            : o)];
    }

    private Item Prepared(TaskInput input)
    {
        var picture = Decoded(input[Field]);
        if (Settings.ImageSize == 0)
        {
            Settings = Settings with { ImageSize = Math.Max(picture.Width, picture.Height) <= SmallMax ? Math.Max(picture.Width, picture.Height) : Usual };
        }
        var side = Settings.ImageSize;
        _size = (_channels, side, side);
        var resized = Resampling.Resize(picture, side, side, Resample.Bilinear).Pixels;
        var (plane, numbers) = (side * side, new float[_channels * side * side]);
        for (var k = 0; k < numbers.Length; k++)
        {
            var (c, at) = (k / plane, k % plane);
            numbers[k] = (((_channels == 3 ? resized[(at * 3) + c] : (resized[at * 3] + resized[(at * 3) + 1] + resized[(at * 3) + 2]) / 3f) / 255f) - 0.5f) / 0.5f;
        }
        return new Item { Pixels = numbers };
    }

    private static Picture Decoded(string field)
    {
        try
        {
            return PictureReader.Read(Convert.FromBase64String(field));
        }
        catch (FormatException)
        {
            throw new ArgumentException("The field 'image' must be a JPEG, PNG or BMP file in base64.");
        }
        catch (PictureException e)
        {
            throw new ArgumentException(e.Message);
        }
    }
}
