using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Sentiment;

/// <summary>Classifies letters and sentences by what their writer feels or wants.</summary>
public sealed class SentimentPlugin : ITrainablePlugin
{
    public ITask Open(string task, ModelFiles model, string device) =>
        new SentimentTask(TextClassifier.Open(model, new torch.Device(device)));

    public IClassifyingTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
        TextClassifier.Build(recipe, baseModel, labels, device);

    public IClassifyingTask Reopen(ModelFiles model, torch.Device device) => TextClassifier.Open(model, device);

    public void Dispose()
    {
    }
}
