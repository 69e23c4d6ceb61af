using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Code;

/// <summary>Writes code after code: the same method in another language, or the rest of one; and tells lines with a fault from sound ones.</summary>
public sealed class CodePlugin : ITrainablePlugin
{
    private const string Lines = "code-lines";

    public ITask Open(string task, ModelFiles model, string device) => task == Lines
        ? TextClassifier.Open(model, new torch.Device(device))
        : WritingTask.Open(model, new torch.Device(device));

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) => recipe.Task == Lines
        ? TextClassifier.Build(recipe, baseModel, labels, device)
        : WritingTask.Build(recipe, baseModel, device);

    public void Dispose()
    {
    }
}
