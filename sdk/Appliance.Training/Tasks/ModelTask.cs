using System.Text.Json;
using Appliance.Models;
using Appliance.Models.Adapters;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using Appliance.Sdk.Recipes;
using Appliance.Training.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>What all tasks on a model share: how it is opened for learning, where its head is, how it is scored in batches.</summary>
public abstract class ModelTask : ITrainableTask
{
    private const int EvaluationBatch = 64;
    private const double HeadSpread = 0.02; // as BERT's own heads start
    private readonly HashSet<string> _new;
    private readonly Recomputation? _recomputation;

    protected ModelTask(Model model, LoadReport report, Recipe recipe, Device device)
    {
        (Model, Recipe, Device) = (model, recipe, device);
        _new = [.. report.New];
        _recomputation = recipe.GradientCheckpointing ? new Recomputation() : null;
        Fill(model, _new);
        if (recipe.Init == StartingWeights.Random)
        {
            Scatter(model);
        }
        model.to(device);
        var half = Bfloat16.Resolve(recipe.Precision, device);
        Precision = half ? "bf16" : "fp32";
        foreach (var (name, projection) in model.Projections)
        {
            projection.HalfPrecision = half && !IsHead(name + ".weight");
        }
    }

    public Model Model { get; }

    /// <summary>Whether the base had no head of this kind, so that it starts at random.</summary>
    public bool HasNewHead => _new.Any(HeadNames.Holds);

    public nn.Module Module => Model;

    public string Precision { get; }

    public IEnumerable<(string Name, Projection Projection)> AdapterTargets => Model.Projections.Where(p => !IsHead(p.Name + ".weight"));

    protected Recipe Recipe { get; }

    protected Device Device { get; }

    public bool IsHead(string parameterName) => _new.Contains(parameterName) || HeadNames.Holds(parameterName);

    public void AfterBackward() => _recomputation?.Backward();

    /// <summary>The batch as the model reads it; while learning, with layers computed again where the recipe says so.</summary>
    protected Models.Families.ModelInput Texts(IReadOnlyList<Item> batch)
    {
        var input = Batches.Texts(Model, batch, Device);
        return _recomputation is not null && is_grad_enabled() ? input with { Recompute = _recomputation } : input;
    }

    // Here and not left to the interface: a task below may override it.
    public virtual void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
    }

    public virtual double Units(IReadOnlyList<Item> batch) => batch.Count;

    public abstract Tensor Loss(IReadOnlyList<Item> batch, BatchContext context);

    public abstract Scores Evaluate(IReadOnlyList<Item> items);

    /// <summary>Saves the model as a folder that opens again: configuration, weights.</summary>
    public void SaveTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "config.json"), Configuration.ToJson());
        using var stream = File.Create(Path.Combine(folder, "model.safetensors"));
        SafeTensors.Write(stream, Weights(), new Dictionary<string, string> { ["format"] = "pt" });
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The configuration with what the method leaves beside the weights.</summary>
    protected ModelConfig Configuration => KeptMethod.Of(Recipe) is { } kept ? Model.Config.With(kept.Fields()) : Model.Config;

    /// <summary>The weights without adapters that were merged.</summary>
    protected Dictionary<string, Tensor> Weights()
    {
        var merged = Model.Projections.Where(p => p.Projection.Adapter is { Merged: true })
            .SelectMany(p => p.Projection.Adapter!.Parameters.Select(a => $"{p.Name}.{a.Name}")) // filtered
            .Concat(Model.Convolutions.Where(c => c.Convolution.Adapter is { Merged: true })
                .SelectMany(c => c.Convolution.Adapter!.Parameters.Select(a => $"{c.Name}.{a.Name}"))).ToHashSet(); // filtered
        return Model.state_dict().Where(t => !merged.Contains(t.Key)).ToDictionary(t => t.Key, t => t.Value);
    }

    protected virtual void Dispose(bool disposing) => Model.Dispose();

    /// <summary>Runs over the items in batches of like lengths; nothing is learnt.</summary>
    /// <param name="take">Gets the places of the rows and the batch, inside a scope of its own.</param>
    /// <param name="atOnce">Items of a batch at most.</param>
    protected void InBatches(IReadOnlyList<Item> items, Action<int[], Item[]> take, int atOnce = EvaluationBatch)
    {
        using var _ = no_grad();
        Model.eval();
        foreach (var rows in Enumerable.Range(0, items.Count).OrderBy(k => items[k].Ids.Length).ThenBy(k => k).Chunk(atOnce))
        {
            using var scope = NewDisposeScope();
            take(rows, [.. rows.Select(k => items[k])]);
        }
    }

    /// <summary>The most probable class of each item, in their order, and the mean cross-entropy.</summary>
    /// <param name="logits">[b, classes] of a batch.</param>
    protected (long[] Predicted, double Loss) ScoreClasses(IReadOnlyList<Item> items, Func<IReadOnlyList<Item>, Tensor> logits)
    {
        var predicted = new long[items.Count];
        var loss = 0.0;
        InBatches(items, (rows, batch) =>
        {
            var scores = logits(batch);
            loss += nn.functional.cross_entropy(scores, Batches.Labels(batch, Device), reduction: nn.Reduction.Sum).item<float>();
            foreach (var (row, best) in scores.argmax(1).cpu().data<long>().ToArray().Index())
            {
                predicted[rows[row]] = best;
            }
        });
        return (predicted, loss / Math.Max(1, items.Count));
    }

    /// <summary>Opens a model for learning; a head that the file lacks is new.</summary>
    /// <param name="changes">Fields of the configuration that the task sets, such as the labels.</param>
    /// <exception cref="InvalidDataException">The files cannot serve this task.</exception>
    internal static (Model Model, LoadReport Report) OpenModel(ModelSource source, HeadKind head, Recipe recipe, IReadOnlyDictionary<string, object> changes)
    {
        try
        {
            using var checkpoint = source.Checkpoint();
            var config = ModelLoader.Configuration(source.Folder, checkpoint).With(Changed(recipe, changes));
            return ModelLoader.Open(config, checkpoint, source.Folder, head, HeadNames.Holds);
        }
        catch (Exception e) when (e is CheckpointException or ModelConfigException or SafeTensorsException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    internal static Dictionary<string, JsonElement> Changed(Recipe recipe, IReadOnlyDictionary<string, object> changes)
    {
        var all = changes.ToDictionary(c => c.Key, c => JsonSerializer.SerializeToElement(c.Value));
        if (recipe.Dropout >= 0)
        {
            foreach (var name in (string[])["hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "attn_pdrop", "resid_pdrop", "embd_pdrop"])
            {
                all[name] = JsonSerializer.SerializeToElement(recipe.Dropout);
            }
        }
        return all;
    }

    protected static Dictionary<string, object> WithLabels(IReadOnlyList<string> labels) => new()
    {
        ["id2label"] = labels.Index().ToDictionary(l => l.Index.ToString(System.Globalization.CultureInfo.InvariantCulture), l => l.Item),
        ["num_labels"] = labels.Count,
    };

    // Normal with a variance of 1 / inputs: what comes out of a layer is as large as what goes in.
    private static void Scatter(Model model)
    {
        using var _ = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (parameter.shape.Length == 1)
            {
                parameter.fill_(name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1);
            }
            else
            {
                parameter.normal_(0, Math.Sqrt(parameter.shape[0] / (double)parameter.numel()));
            }
        }
    }

    private static void Fill(Model model, HashSet<string> names)
    {
        using var _ = no_grad();
        foreach (var (name, parameter) in model.named_parameters().Where(p => names.Contains(p.name)))
        {
            if (parameter.shape.Length == 1)
            {
                parameter.fill_(name.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1);
            }
            else
            {
                parameter.normal_(0, HeadSpread);
            }
        }
    }
}
