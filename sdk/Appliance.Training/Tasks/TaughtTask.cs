using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Parts;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Sdk.Scoring;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A model that was opened for a task, with what goes along when it is saved.</summary>
internal sealed record OpenedModel(Model Model, LoadReport Report, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Companions);

/// <summary>A task that learns from rows of requests and answers requests: what a worker trains, tests and serves for a plugin.</summary>
public abstract class TaughtTask : ModelTask, ITaughtTask
{
    private const int AnswersAtOnce = 256;
    private const string Untrained = "The model has no trained head: train it before asking it.";
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _companions;

    private protected TaughtTask(OpenedModel opened, Recipe recipe, Device device)
        : base(opened.Model, opened.Report, recipe, device)
    {
        _companions = opened.Companions;
        Settings = new TaskSettings { MaxLength = Math.Min(recipe.LengthMax, PlacesOf(Model)), Precision = Precision == "bf16" ? Sdk.Recipes.Precision.Bf16 : Sdk.Recipes.Precision.Fp32 };
    }

    public TaskSettings Settings { get; protected set; }

    public abstract AnswerKind Kind { get; }

    /// <summary>The field that spans point into; empty where answers have no places.</summary>
    protected abstract string About { get; }

    public abstract IEnumerable<Item> Encode(LabelledInput row, bool learning);

    public TaskOutput Answer(TaskInput input) => Answer([input])[0];

    public IReadOnlyList<TaskOutput> Answer(IReadOnlyList<TaskInput> inputs) =>
        [.. inputs.Chunk(AnswersAtOnce).SelectMany(Ask).Select(o => Settings.Calibration.Apply(o, Kind == AnswerKind.Class))];

    public virtual void Calibrate(IReadOnlyList<LabelledInput> held)
    {
        Settings = Settings with { Calibration = Calibration.None };
        var outputs = Answer([.. held.Select(h => h.Input)]);
        var fitted = Kind == AnswerKind.Class
            ? Calibration.OfClasses([.. outputs.Zip(held, (o, h) => (o.Predictions.Select(p => p.Score).ToArray(), o.Predictions.ToList().FindIndex(p => p.Label == h.Label)))])
            : Calibration.OfAnswers([.. outputs.Zip(held, Judged).SelectMany(j => j)]);
        var judged = outputs.Select(o => fitted.Apply(o, Kind == AnswerKind.Class)).Zip(held, Judged).SelectMany(j => j).ToArray();
        Settings = Settings with { Calibration = fitted with { UnsureBelow = Calibration.Threshold(judged, Recipe.AbstainAccuracy) } };
    }

    public void Quantize(Quantization kind)
    {
        Settings = Settings with { Quantize = kind };
        foreach (var (_, projection) in AdapterTargets)
        {
            projection.HalfPrecision = false;
            if (kind == Quantization.Nf4)
            {
                projection.StoreInFourBits();
            }
            else if (kind == Quantization.Int8)
            {
                projection.Prepare(InferencePrecision.Int8);
            }
        }
    }

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Save()
    {
        foreach (var (_, projection) in AdapterTargets)
        {
            projection.StoreInFloat(); // the file keeps full numbers; quantising them again gives the same ones
        }
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, Weights(), new Dictionary<string, string> { ["format"] = "pt" });
        if (Settings.Quantize == Quantization.Nf4)
        {
            Quantize(Settings.Quantize);
        }
        return new Dictionary<string, ReadOnlyMemory<byte>>(_companions)
        {
            ["model.safetensors"] = stream.ToArray(),
            ["config.json"] = Configuration.ToJson(),
            [TaskSettings.FileName] = Settings.ToJson(),
        };
    }

    /// <summary>The answers before their scores are calibrated; at most a few hundred at once.</summary>
    protected abstract IReadOnlyList<TaskOutput> Ask(IReadOnlyList<TaskInput> inputs);

    /// <summary>Every label with its probability for each item, the most probable first.</summary>
    /// <param name="logits">[b, classes] of a batch.</param>
    protected IReadOnlyList<TaskOutput> ClassOutputs(IReadOnlyList<Item> items, Func<IReadOnlyList<Item>, Tensor> logits, IReadOnlyList<string> labels)
    {
        var outputs = new TaskOutput[items.Count];
        InBatches(items, (rows, batch) =>
        {
            var shares = logits(batch).softmax(1).cpu().data<float>().ToArray();
            for (var r = 0; r < batch.Length; r++)
            {
                var own = shares.AsSpan(r * labels.Count, labels.Count).ToArray();
                outputs[rows[r]] = new TaskOutput([.. own.Select((s, k) => new Prediction(labels[k], s)).OrderByDescending(p => p.Score)]);
            }
        });
        return outputs;
    }

    /// <exception cref="ArgumentException">The field is empty: there is nothing to answer to.</exception>
    private protected static string Filled(TaskInput input, string field) => input[field] is { } text && !string.IsNullOrWhiteSpace(text)
        ? text
        : throw new ArgumentException($"The field '{field}' is empty.");

    /// <summary>Tokens that a model can tell the places of.</summary>
    private static int PlacesOf(Model model) => model.Config.ModelType == "use-lite"
        ? UseLite.LengthMax
        : model.Config.Int("max_position_embeddings|n_positions", int.MaxValue);

    /// <summary>The labels of a trained model.</summary>
    /// <exception cref="InvalidDataException">It has none: it was never trained.</exception>
    private protected static IReadOnlyList<string> LabelsOf(ModelSource source) => source.Configuration() is { } config && config.Has("id2label")
        ? config.Labels
        : throw new InvalidDataException(Untrained);

    /// <summary>Opens a trained model again, with the settings that it was saved with.</summary>
    /// <param name="make">Makes the task with a recipe that stands for being asked only.</param>
    /// <exception cref="InvalidDataException">The model has no trained head.</exception>
    private protected static T Reopened<T>(ModelSource source, Func<Recipe, T> make)
        where T : TaughtTask
    {
        using var opening = source;
        var settings = source.Settings();
        // Learnt in bfloat16, it answers in bfloat16; where the processor has none that would be far slower.
        var precision = settings.Precision == Sdk.Recipes.Precision.Fp32 ? Sdk.Recipes.Precision.Fp32 : Sdk.Recipes.Precision.Auto;
        var task = make(new Recipe { BaseModel = "", Task = "", LengthMax = settings.MaxLength, Precision = precision });
        if (task.HasNewHead)
        {
            task.Dispose();
            throw new InvalidDataException(Untrained);
        }
        task.Settings = settings;
        foreach (var (_, projection) in task.Model.Projections.Where(p => p.Projection.HalfPrecision))
        {
            projection.Weight.requires_grad = false; // it is cast once, not for each answer
        }
        if (settings.Quantize != Quantization.None)
        {
            task.Quantize(settings.Quantize);
        }
        return task;
    }

    /// <summary>Opens a base for learning, or a trained model; a head that the files lack is new.</summary>
    /// <param name="changes">Fields of the configuration that the task sets, such as the labels.</param>
    /// <exception cref="InvalidDataException">The files cannot serve this task.</exception>
    internal static OpenedModel Open(ModelSource source, HeadKind head, Recipe recipe, IReadOnlyDictionary<string, object> changes)
    {
        var (model, report) = OpenModel(source, head, recipe, changes);
        return new OpenedModel(model, report, source.Companions);
    }

    private IEnumerable<(double Score, bool Right)> Judged(TaskOutput output, LabelledInput row) =>
        JudgedAnswer.Of(Kind, About.Length > 0 ? row.Input[About] : "", row.Label, output.Predictions).Select(j => (j.Score, j.Right));
}
