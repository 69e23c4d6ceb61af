using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Questions;

/// <summary>Finds where in a text the answer to a question stands, or says that there is none.</summary>
public sealed class QuestionsPlugin : ITrainablePlugin
{
    public ITask Open(string task, ModelFiles model, string device) => AnsweringTask.Open(model, new torch.Device(device));

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) =>
        AnsweringTask.Build(recipe, baseModel, device);

    public void Dispose()
    {
    }
}
