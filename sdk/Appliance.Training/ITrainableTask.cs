using Appliance.Models.Parts;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>How well a model does on examples that it does not learn from.</summary>
/// <param name="Loss">Mean over the examples' units.</param>
/// <param name="Metrics">By name, such as <c>accuracy</c> and <c>macro_f1</c>, 0 to 1.</param>
public sealed record Scores(double Loss, IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>The value that decides: higher is better, so a loss comes back negative.</summary>
    public double Of(string metric) => metric == "loss" || !Metrics.TryGetValue(metric, out var value) ? -Loss : value;
}

/// <summary>What a batch may depend on beside its examples.</summary>
/// <param name="Chance">Made anew from seed and step, so that a resumed run draws the same.</param>
public sealed record BatchContext(Random Chance);

/// <summary>A model and what it learns: all that the one training loop needs.</summary>
/// <remarks>b = batch, h = feature size.</remarks>
public interface ITrainableTask : IDisposable
{
    /// <summary>Everything that can be learnt, under the checkpoint's names.</summary>
    nn.Module Module { get; }

    /// <summary>How products are computed: <c>fp32</c> or <c>bf16</c>.</summary>
    string Precision { get; }

    /// <summary>The projections of the base, that adapters may be put beside.</summary>
    IEnumerable<(string Name, Projection Projection)> AdapterTargets { get; }

    /// <summary>Whether a parameter belongs to the head, which every method trains.</summary>
    bool IsHead(string parameterName);

    /// <summary>Looks at the data once, before the first step.</summary>
    /// <exception cref="InvalidDataException">They cannot train this task; the message says why.</exception>
    void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
    {
    }

    /// <summary>What a batch weighs when several make one step: examples, or tokens that count.</summary>
    double Units(IReadOnlyList<Item> batch);

    /// <summary>Mean loss over the batch's units, a scalar with a gradient.</summary>
    Tensor Loss(IReadOnlyList<Item> batch, BatchContext context);

    /// <summary>Called after each loss's backward pass, for what autograd does not do by itself.</summary>
    void AfterBackward()
    {
    }

    /// <summary>Scores examples without learning from them.</summary>
    Scores Evaluate(IReadOnlyList<Item> items);
}

/// <summary>A task whose base can be asked once, where a method never changes it.</summary>
public interface IFeatureTask : ITrainableTask
{
    /// <summary>[b, h] what the base says of each example.</summary>
    Tensor Features(IReadOnlyList<Item> batch);
}

/// <summary>A task that learns from rows of requests and answers requests: what a worker trains, tests and serves for a plugin.</summary>
public interface ITaughtTask : ITrainableTask, ITask
{
    /// <summary>A row as the loop reads it; several where a text is too long for one.</summary>
    /// <param name="learning">Whether it is to be learnt from: then parts that teach nothing may be left out.</param>
    /// <exception cref="InvalidDataException">The label is not one that the model knows.</exception>
    IEnumerable<Item> Encode(LabelledInput row, bool learning);

    /// <summary>Fits the scores to how often answers are right, on rows that were not learnt from.</summary>
    void Calibrate(IReadOnlyList<LabelledInput> held);

    /// <summary>Answers with fewer bits a weight from now on; the saved model says so and opens that way. It cannot learn any more.</summary>
    void Quantize(Quantization kind);

    /// <summary>The files of the model as it is now, ready to be opened again by the plugin.</summary>
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Save();
}

/// <summary>A plugin whose tasks can be trained; <see cref="IPlugin.Open"/> opens what a task saved.</summary>
public interface ITrainablePlugin : IPlugin
{
    /// <summary>Builds a model of the task on a base model, with a new head.</summary>
    /// <param name="labels">The dataset's classes or types, sorted; empty where answers have none.</param>
    /// <exception cref="InvalidDataException">The base model's files cannot serve this task.</exception>
    ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, Device device);
}
