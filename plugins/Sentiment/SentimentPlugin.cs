using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Sentiment;

/// <summary>Classifies letters and sentences by what their writer feels or wants.</summary>
public sealed class SentimentPlugin : ITrainablePlugin
{
    public ITask Open(string task, ModelFiles model, string device) => TextClassifier.Open(model, new torch.Device(device));

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
        TextClassifier.Build(recipe, baseModel, labels, device);

    public void Dispose()
    {
    }
}
