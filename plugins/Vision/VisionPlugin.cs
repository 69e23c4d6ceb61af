using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Vision;

/// <summary>Puts pictures into classes and shows where it looked.</summary>
public sealed class VisionPlugin : ITrainablePlugin
{
    public ITask Open(string task, ModelFiles model, string device) => ImageTask.Open(model, new torch.Device(device));

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
        ImageTask.Build(recipe, baseModel, labels, device);

    public void Dispose()
    {
    }
}
