using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Entities;

/// <summary>Finds names of people, places, organisations and whatever else its rows were labelled with.</summary>
public sealed class EntitiesPlugin : ITrainablePlugin
{
    public ITask Open(string task, ModelFiles model, string device) => TaggingTask.Open(model, new torch.Device(device));

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
        TaggingTask.ForTypes(recipe, baseModel, labels, device);

    public void Dispose()
    {
    }
}
