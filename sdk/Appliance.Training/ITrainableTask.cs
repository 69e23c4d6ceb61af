using Appliance.Models.Parts;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>How a model learns a classification task: what the one training loop needs of it.</summary>
/// <remarks>b = batch, h = feature size, c = classes.</remarks>
public interface ITrainableTask : IDisposable
{
    /// <summary>Everything that can be learnt, under the checkpoint's names.</summary>
    nn.Module Module { get; }

    /// <summary>The class names; a class's number is its place here.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>How products are computed: <c>fp32</c> or <c>bf16</c>.</summary>
    string Precision { get; }

    /// <summary>The projections that adapters may be put beside.</summary>
    IEnumerable<(string Name, Projection Projection)> AdapterTargets { get; }

    /// <summary>Whether a parameter belongs to the head, which every method trains.</summary>
    bool IsHead(string parameterName);

    /// <summary>A text as token ids.</summary>
    int[] Encode(string text);

    /// <summary>[b, h] what the base says of each text.</summary>
    Tensor Features(IReadOnlyList<int[]> batch);

    /// <summary>[b, h] → [b, c] scores, any finite value.</summary>
    Tensor Logits(Tensor features);

    /// <summary>Answers with 8-bit weights from now on; the saved model says so and opens that way. It cannot learn any more.</summary>
    void Quantize();

    /// <summary>The files of the model as it is now, ready to be opened again by the plugin.</summary>
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Save();
}

/// <summary>A plugin whose tasks can be trained.</summary>
public interface ITrainablePlugin : IPlugin
{
    /// <summary>Builds a model of the task on a base model, with a new head for the labels.</summary>
    /// <exception cref="InvalidDataException">The base model's files cannot serve this task.</exception>
    ITrainableTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, Device device);

    /// <summary>Opens a trained model again, to be scored.</summary>
    /// <exception cref="InvalidDataException">The files are not a model that the task saved.</exception>
    ITrainableTask Reopen(ModelFiles model, Device device);
}
