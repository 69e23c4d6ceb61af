using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Tasks;
using TorchSharp;

namespace Appliance.Plugins.Code;

/// <summary>Writes code after code: the same method in another language, or the rest of one; tells lines with a fault from sound ones, and mends one.</summary>
public sealed class CodePlugin : ITrainablePlugin
{
    private const string Lines = "code-lines", Repair = "code-repair";

    public ITask Open(string task, ModelFiles model, string device) => task switch
    {
        Lines => TextClassifier.Open(model, new torch.Device(device)),
        Repair => RepairTask.Open(model, new torch.Device(device)),
        _ => WritingTask.Open(model, new torch.Device(device)),
    };

    public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) => recipe.Task switch
    {
        Lines => TextClassifier.Build(recipe, baseModel, labels, device),
        Repair => RepairTask.Build(recipe, baseModel, device),
        _ => WritingTask.Build(recipe, baseModel, device),
    };

    public void Dispose()
    {
    }
}
