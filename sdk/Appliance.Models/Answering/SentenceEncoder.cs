using System.Text.Json;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Parts;
using Appliance.Models.Tokenizers;
using static TorchSharp.torch;

namespace Appliance.Models.Answering;

/// <summary>How a sentence's token vectors become one; the names are the format's.</summary>
public enum Pooling
{
    Cls,
    Mean,
    Max,
    MeanSqrtLen,
    WeightedMean,
    LastToken,
}

/// <summary>Texts to vectors whose angle tells how near they are in meaning: a sentence-transformers folder.</summary>
/// <remarks>b = batch, t = tokens, h = hidden size.</remarks>
public sealed class SentenceEncoder : IDisposable
{
    private readonly TextModel _model;
    private readonly List<Pooling> _pooling = [];
    private readonly List<(Projection Matrix, Func<Tensor, Tensor> Activation)> _dense = [];
    private readonly bool _normalise;
    private readonly bool _lower;

    private SentenceEncoder(string folder, TextModel model, int lengthMax, bool lower)
    {
        (_model, _lower) = (new TextModel(model.Model, model.Tokenizer, Math.Min(lengthMax, model.LengthMax)), lower);
        foreach (var (kind, path) in Modules(folder))
        {
            switch (kind)
            {
                case "Transformer":
                    break;
                case "Pooling":
                    _pooling.AddRange(Modes(ModelConfig.Open(path)));
                    break;
                case "Dense":
                    _dense.Add(Dense(path));
                    break;
                case "Normalize":
                    _normalise = true;
                    break;
                default:
                    throw new ModelConfigException(Path.Combine(folder, "modules.json"), ["it names a module that is not implemented"]);
            }
        }
        _pooling.AddRange(_pooling.Count == 0 ? [Pooling.Mean] : Array.Empty<Pooling>());
    }

    public TextModel Model => _model;

    /// <summary>Opens a folder in sentence-transformers layout, or any encoder's with mean pooling.</summary>
    /// <param name="lengthMax">Tokens of a text at the most; null for what the folder says.</param>
    /// <exception cref="ModelConfigException">A configuration is wrong or names a module that is not implemented.</exception>
    /// <exception cref="CheckpointException">Weights do not fit.</exception>
    /// <exception cref="SafeTensorsException">Weights are missing or malformed.</exception>
    /// <exception cref="InvalidDataException">There is no tokenizer, or one that is not supported.</exception>
    public static SentenceEncoder Open(string folder, int? lengthMax = null)
    {
        var settings = Path.Combine(folder, "sentence_bert_config.json");
        var config = File.Exists(settings) ? ModelConfig.Parse(File.ReadAllBytes(settings), settings) : null;
        var root = Modules(folder).Where(m => m.Kind == "Transformer").Select(m => m.Path).FirstOrDefault() ?? folder;
        return new SentenceEncoder(folder, TextModel.Open(root), lengthMax ?? config?.Int("max_seq_length", 512) ?? 512, config?.Flag("do_lower_case", false) ?? false);
    }

    public TokenEncoding Encoding(string text) => _model.Encode([(_lower ? text.ToLowerInvariant() : text, null)])[0];

    /// <summary>One vector a text, in their order.</summary>
    public IReadOnlyList<float[]> Encode(IReadOnlyList<string> texts)
    {
        var result = new float[texts.Count][];
        _model.Run([.. texts.Select(Encoding)], (output, rows, mask) =>
        {
            var x = cat([.. _pooling.Select(p => Pool(output.Last!, mask, p))], 1); // encoders have hidden states
            x = _dense.Aggregate(x, (y, d) => d.Activation(d.Matrix.call(y)));
            x = _normalise ? x / x.square().sum(1, keepdim: true).sqrt().clamp(1e-12) : x;
            var (all, h) = (x.data<float>().ToArray(), (int)x.shape[1]);
            for (var r = 0; r < rows.Count; r++)
            {
                result[rows[r]] = all[(r * h)..((r + 1) * h)];
            }
        });
        return result;
    }

    // tokens [b, t, h], mask [b, t] → [b, h]
    public static Tensor Pool(Tensor tokens, Tensor mask, Pooling pooling)
    {
        var seen = mask.to(ScalarType.Float32).unsqueeze(2); // [b, t, 1]
        switch (pooling)
        {
            case Pooling.Cls:
                return tokens.select(1, 0);
            case Pooling.Max:
                return tokens.masked_fill(seen.eq(0), -1e9).amax(1);
            case Pooling.LastToken:
                var last = (mask.sum(1) - 1).clamp(0).view(-1, 1, 1).expand(tokens.shape[0], 1, tokens.shape[2]);
                return tokens.gather(1, last).squeeze(1);
            case Pooling.WeightedMean:
                seen = seen * arange(1, tokens.shape[1] + 1, ScalarType.Float32).view(1, -1, 1);
                return (tokens * seen).sum(1) / seen.sum(1).clamp(1e-9);
            default:
                var count = seen.sum(1).clamp(1e-9);
                return (tokens * seen).sum(1) / (pooling == Pooling.Mean ? count : count.sqrt());
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _dense.ForEach(d => d.Matrix.Dispose());
    }

    private static IEnumerable<Pooling> Modes(ModelConfig config)
    {
        (string Field, Pooling Mode)[] modes =
        [
            ("pooling_mode_cls_token", Pooling.Cls), ("pooling_mode_max_tokens", Pooling.Max), ("pooling_mode_mean_tokens", Pooling.Mean),
            ("pooling_mode_mean_sqrt_len_tokens", Pooling.MeanSqrtLen), ("pooling_mode_weightedmean_tokens", Pooling.WeightedMean),
            ("pooling_mode_lasttoken", Pooling.LastToken),
        ];
        return modes.Where(m => config.Flag(m.Field, false)).Select(m => m.Mode); // several are laid end to end, in this order
    }

    private static (Projection, Func<Tensor, Tensor>) Dense(string folder)
    {
        var config = ModelConfig.Open(folder);
        var matrix = new Projection(config.Int("in_features"), config.Int("out_features"), config.Flag("bias", true));
        var activation = config.Text("activation_function", "torch.nn.modules.activation.Tanh").Split('.')[^1].ToLowerInvariant();
        using var checkpoint = CheckpointFolder.Open(folder);
        foreach (var (name, target) in matrix.state_dict())
        {
            var source = checkpoint.Owners.Keys.FirstOrDefault(k => k == "linear." + name)
                ?? throw new CheckpointException(folder, [$"linear.{name} is missing"]);
            checkpoint.Owners[source].ReadInto(source, target);
        }
        return (matrix, Activation.Named(activation == "identity" ? "linear" : activation));
    }

    private static IEnumerable<(string Kind, string Path)> Modules(string folder)
    {
        var path = Path.Combine(folder, "modules.json");
        if (!File.Exists(path))
        {
            return [];
        }
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.EnumerateArray().Select(m =>
            {
                var inner = m.GetProperty("path").GetString()!;
                // A path never comes out of a model file: only a plain name below the folder is followed.
                return inner == Path.GetFileName(inner)
                    ? (m.GetProperty("type").GetString()!.Split('.')[^1], Path.Combine(folder, inner))
                    : throw new ModelConfigException(path, ["a module's path is not a plain folder name"]);
            })];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModelConfigException(path, ["it is not a list of modules with type and path"]);
        }
    }
}
