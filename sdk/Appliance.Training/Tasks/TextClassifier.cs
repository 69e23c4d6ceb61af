using System.Text.Json;
using Appliance.Models.Checkpoints;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using Appliance.Models.Tokenizers;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>An encoder with a linear head over its pooled vector: texts to classes, trained or answering.</summary>
public sealed class TextClassifier : ITrainableTask
{
    private const string Weights = "model.safetensors";
    private const string Vocabulary = "vocab.json";
    private const string Configuration = "config.json";
    private const string Int8 = "int8";
    private readonly Net _net;
    private readonly UnigramTokenizer _tokenizer;
    private readonly ReadOnlyMemory<byte> _vocabulary;
    private readonly int _lengthMax;
    private readonly Device _device;
    private bool _quantized;

    private TextClassifier(ModelFiles files, IReadOnlyList<string> labels, int lengthMax, Device device, bool newHead)
    {
        (Labels, _lengthMax, _device) = (labels, lengthMax, device);
        _vocabulary = files[Vocabulary];
        _tokenizer = UnigramTokenizer.Load(_vocabulary);
        _net = new Net(labels.Count);
        using var checkpoint = SafeTensors.Parse(files[Weights]);
        StateLoader.Load(_net, checkpoint, name => newHead && IsHead(name));
        _net.to(device);
    }

    public nn.Module Module => _net;

    public string Precision { get; private init; } = "fp32";

    public IReadOnlyList<string> Labels { get; }

    public IEnumerable<(string Name, Projection Projection)> AdapterTargets => _net.Encoder.Projections;

    /// <summary>A base model with a new, untrained head for these labels.</summary>
    /// <exception cref="InvalidDataException">The files are not a base model that we know.</exception>
    public static TextClassifier Build(Recipe recipe, ModelFiles files, IReadOnlyList<string> labels, Device device)
    {
        ReadConfiguration(files);
        if (labels.Count < 2)
        {
            throw new InvalidDataException("A classifier needs at least two labels.");
        }
        var half = Bfloat16.Resolve(recipe.Precision, device);
        var task = new TextClassifier(files, labels, Math.Min(recipe.LengthMax, UseLite.LengthMax), device, newHead: true)
        {
            Precision = half ? "bf16" : "fp32",
        };
        foreach (var (_, projection) in task.AdapterTargets)
        {
            projection.HalfPrecision = half;
        }
        return task;
    }

    /// <summary>A trained model, head included.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that <see cref="Save"/> wrote.</exception>
    public static TextClassifier Open(ModelFiles files, Device device)
    {
        var configuration = ReadConfiguration(files);
        return configuration.Labels is { Count: >= 2 } labels
            ? Opened(new TextClassifier(files, labels, configuration.LengthMax, device, newHead: false), configuration.Quantize)
            : throw new InvalidDataException("The model has no trained head: train it before asking it.");
    }

    public void Quantize()
    {
        _quantized = true;
        foreach (var (_, projection) in AdapterTargets)
        {
            projection.HalfPrecision = false;
            projection.Prepare(InferencePrecision.Int8);
        }
    }

    public bool IsHead(string parameterName) => parameterName.StartsWith("classifier.", StringComparison.Ordinal);

    public int[] Encode(string text) => _tokenizer.Encode(text, _lengthMax);

    public Tensor Features(IReadOnlyList<int[]> batch)
    {
        using var packed = new PackedBatch(batch, _device);
        return _net.Encoder.Pool(_net.Encoder.call(packed), packed);
    }

    public Tensor Logits(Tensor features) => _net.Classifier.call(features);

    /// <summary>The probability of each label for one text, in the labels' order.</summary>
    public float[] Probabilities(string text)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _net.eval();
        return Logits(Features([Encode(text)])).softmax(1).cpu().data<float>().ToArray();
    }

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Save()
    {
        using var stream = new MemoryStream();
        var learnt = _net.state_dict()
            .Where(t => !t.Key.Contains(".lora_", StringComparison.Ordinal)) // merged into the weights by then
            .ToDictionary(t => t.Key, t => t.Value);
        SafeTensors.Write(stream, learnt);
        return new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [Weights] = stream.ToArray(),
            [Vocabulary] = _vocabulary,
            [Configuration] = JsonSerializer.SerializeToUtf8Bytes(new ModelConfiguration("use-lite", Labels, _lengthMax, _quantized ? Int8 : null)),
        };
    }

    public void Dispose() => _net.Dispose();

    private static TextClassifier Opened(TextClassifier task, string? quantize)
    {
        switch (quantize)
        {
            case null:
                return task;
            case Int8:
                task.Quantize();
                return task;
            default:
                task.Dispose();
                throw new InvalidDataException("config.json asks for a quantisation that this appliance does not know: int8 is known.");
        }
    }

    private static ModelConfiguration ReadConfiguration(ModelFiles files)
    {
        try
        {
            var configuration = JsonSerializer.Deserialize<ModelConfiguration>(files[Configuration].Span);
            return configuration?.ModelType == "use-lite"
                ? configuration
                : throw new InvalidDataException("config.json names a model_type that this appliance does not know: use-lite is known.");
        }
        catch (JsonException)
        {
            throw new InvalidDataException("config.json is not valid JSON.");
        }
    }

    private sealed record ModelConfiguration(
        [property: System.Text.Json.Serialization.JsonPropertyName("model_type")] string? ModelType,
        [property: System.Text.Json.Serialization.JsonPropertyName("labels")] IReadOnlyList<string>? Labels,
        [property: System.Text.Json.Serialization.JsonPropertyName("max_length")] int LengthMax,
        [property: System.Text.Json.Serialization.JsonPropertyName("quantize")] string? Quantize = null);

    // Encoder names stay at the top, as in the base checkpoint; the head stands beside them.
    private sealed class Net : nn.Module
    {
        internal Net(int classes)
            : base(nameof(Net))
        {
            Encoder = new UseLite();
            foreach (var (name, child) in Encoder.named_children())
            {
                register_module(name, child);
            }
            register_module("classifier", Classifier = nn.Linear(UseLite.HiddenSize, classes));
        }

        internal UseLite Encoder { get; }

        internal Linear Classifier { get; }
    }
}
