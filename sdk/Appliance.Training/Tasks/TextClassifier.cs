using System.Text.Json;
using Appliance.Models;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using Appliance.Models.Tokenizers;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>Texts to classes, trained or answering: an encoder with a head, in memory.</summary>
/// <remarks>b = batch, h = feature size, c = classes.</remarks>
public sealed class TextClassifier : ModelTask, IClassifyingTask
{
    private const string WeightsName = "model.safetensors";
    private const string Vocabulary = "vocab.json";
    private const string Configuration = "config.json";
    private readonly Func<string, int[]> _encode;
    private readonly ReadOnlyMemory<byte> _vocabulary;
    private readonly Dictionary<string, long> _numbers;
    private readonly ClassLoss _loss;
    private Quantization _quantized;

    private TextClassifier(
        Model model, LoadReport report, Recipe recipe, IReadOnlyList<string> labels, Func<string, int[]> encode, ReadOnlyMemory<byte> vocabulary, Device device)
        : base(model, report, recipe, device)
    {
        (Labels, _encode, _vocabulary) = (labels, encode, vocabulary);
        _numbers = labels.Index().ToDictionary(l => l.Item, l => (long)l.Index);
        _loss = new ClassLoss(recipe, labels.Count);
    }

    public IReadOnlyList<string> Labels { get; }

    /// <summary>A base model with a new, untrained head for these labels.</summary>
    /// <exception cref="InvalidDataException">The files are not a base model that we know.</exception>
    public static TextClassifier Build(Recipe recipe, ModelFiles files, IReadOnlyList<string> labels, Device device)
    {
        if (labels.Count < 2)
        {
            throw new InvalidDataException("A classifier needs at least two labels.");
        }
        var lengthMax = Math.Min(recipe.LengthMax, UseLite.LengthMax);
        return InMemory(recipe, files, labels, lengthMax, device, HeadNames.Holds, Read(files));
    }

    /// <summary>The same on a model's folder, of any family that classifies texts.</summary>
    /// <exception cref="InvalidDataException">The folder cannot serve this task.</exception>
    public static TextClassifier Build(Recipe recipe, string folder, IReadOnlyList<string> labels, Device device)
    {
        if (ModelConfig.Open(folder).ModelType == "use-lite")
        {
            return Build(recipe, new ModelFiles(Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f))), labels, device);
        }
        var tokenizer = Tokenizer.Open(folder);
        var (model, report) = Open(folder, HeadKind.SequenceClassification, recipe, WithLabels(labels));
        var truncation = new Truncation(Math.Min(recipe.LengthMax, model.Config.Int("max_position_embeddings|n_positions", recipe.LengthMax)));
        return new TextClassifier(model, report, recipe, labels, text => tokenizer.Encode(text, truncation: truncation).Ids, default, device);
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
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="Save"/> wrote.</exception>
    public static TextClassifier Open(ModelFiles files, Device device)
    {
        var config = Read(files);
        if (config.Texts("labels") is not { Length: >= 2 } labels)
        {
            throw new InvalidDataException("The model has no trained head: train it before asking it.");
        }
        var task = InMemory(new Recipe { BaseModel = "", Task = "" }, files, labels, config.Int("max_length", UseLite.LengthMax), device, null, config);
        switch (config.Text("quantize", "none"))
        {
            case "none":
                return task;
            case "int8":
                task.Quantize(Quantization.Int8);
                return task;
            case "nf4":
                task.Quantize(Quantization.Nf4);
                return task;
            default:
                task.Dispose();
                throw new InvalidDataException("config.json asks for a quantisation that this appliance does not know: int8 and nf4 are known.");
        }
    }

    public override void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
        DataCheck.RequireClasses(train, held, Labels);
        _loss.Count(train);
    }

    public Item Encode(Example example) => _numbers.TryGetValue(example.Label, out var label)
        ? new Item { Ids = _encode(example.Text), Label = label }
        : throw new InvalidDataException($"There is a label that the model does not know; it knows: {string.Join(", ", Labels)}.");

    public Tensor Features(IReadOnlyList<Item> batch)
    {
        return Vector(Model.Answer(Texts(batch)));
    }

    private Tensor Vector(ModelOutput output) => Model.Feature(output)
        ?? throw new InvalidDataException("It takes a model that classifies from one vector. For method: head use freeze or lora instead; for distill set hidden_weight to 0.");

    public override Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
    {
        return Loss(Learning(batch, context, features: false).Logits, batch);
    }

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

    public IReadOnlyList<long> Predict(IReadOnlyList<Item> items) => ScoreClasses(items, Logits).Predicted;

    /// <summary>The probability of each label for one text, in the labels' order.</summary>
    public float[] Probabilities(string text)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Model.eval();
        return Logits([new Item { Ids = _encode(text) }]).softmax(1).cpu().data<float>().ToArray();
    }

    public void Quantize(Quantization kind)
    {
        _quantized = kind;
        foreach (var (_, projection) in AdapterTargets)
        {
            projection.HalfPrecision = false;
            if (kind == Quantization.Nf4)
            {
                projection.StoreInFourBits();
            }
            else
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
        SafeTensors.Write(stream, Weights());
        if (_quantized == Quantization.Nf4)
        {
            Quantize(_quantized);
        }
        var configuration = new Dictionary<string, object>
        {
            ["model_type"] = Model.Config.ModelType,
            ["labels"] = Labels,
            ["max_length"] = Math.Min(Recipe.LengthMax, UseLite.LengthMax),
            ["quantize"] = _quantized.ToString().ToLowerInvariant(),
        };
        foreach (var (name, value) in Kept?.Fields() ?? new Dictionary<string, JsonElement>())
        {
            configuration[name] = value;
        }
        return new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [WeightsName] = stream.ToArray(),
            [Vocabulary] = _vocabulary,
            [Configuration] = JsonSerializer.SerializeToUtf8Bytes(configuration),
        };
    }

    // [b] → [b, c], from kept features where there are any
    internal Tensor Logits(IReadOnlyList<Item> batch) => batch[0].Features is null
        ? Model.Answer(Texts(batch)).Logits! // the head is a classifier
        : Model.Classify(cat([.. batch.Select(i => i.Features!)]))!; // kept by the same model

    private static TextClassifier InMemory(
        Recipe recipe, ModelFiles files, IReadOnlyList<string> labels, int lengthMax, Device device, Func<string, bool>? isNew, ModelConfig config)
    {
        try
        {
            using var weights = SafeTensors.Parse(files[WeightsName]);
            using var checkpoint = CheckpointFolder.Of(weights);
            config.Knows(checkpoint.Tensors.ToDictionary(t => t.Name, t => t.Shape));
            var (model, report) = ModelLoader.Open(
                config.With(Changed(recipe, WithLabels(labels))), checkpoint, WeightsName, HeadKind.SequenceClassification, isNew);
            var tokenizer = UnigramTokenizer.Load(files[Vocabulary]);
            return new TextClassifier(
                model, report, recipe with { LengthMax = lengthMax }, labels, text => tokenizer.Encode(text, lengthMax), files[Vocabulary], device);
        }
        catch (Exception e) when (e is CheckpointException or ModelConfigException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static ModelConfig Read(ModelFiles files)
    {
        try
        {
            var config = ModelConfig.Parse(files[Configuration], Configuration);
            return config.ModelType == "use-lite"
                ? config
                : throw new InvalidDataException("config.json names a model_type that this task does not know: use-lite is known.");
        }
        catch (ModelConfigException)
        {
            throw new InvalidDataException("config.json is not valid JSON.");
        }
    }
}
