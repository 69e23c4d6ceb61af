using Appliance.Models.Heads;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using static TorchSharp.torch;

namespace Appliance.Training.Tasks;

/// <summary>A text for a text, by a causal language model: the field <c>source</c> to an answer.</summary>
public abstract class SourceTask : TaughtTask
{
    private protected const string Field = "source";

    private protected SourceTask(OpenedModel opened, Recipe recipe, TextCoder coder, Device device)
        : base(opened, recipe, device) => Coder = coder;

    public override AnswerKind Kind => AnswerKind.Text;

    private protected TextCoder Coder { get; }

    protected override string About => Field;

    private protected delegate T Maker<T>(OpenedModel opened, Recipe recipe, TextCoder coder, Device device);

    /// <exception cref="InvalidDataException">The model cannot serve this task.</exception>
    private protected static T Built<T>(Recipe recipe, ModelSource source, Device device, Maker<T> make)
    {
        using var opening = source;
        return Made(recipe, source, device, make);
    }

    /// <exception cref="InvalidDataException">The files are not a model that <see cref="TaughtTask.Save"/> wrote.</exception>
    private protected static T Trained<T>(ModelSource source, Device device, Maker<T> make)
        where T : SourceTask => Reopened(source, recipe => source.HasSettings
            ? Made(recipe, source, device, make)
            : throw new InvalidDataException("The model was not trained for this task: train it before asking it."));

    private static T Made<T>(Recipe recipe, ModelSource source, Device device, Maker<T> make) =>
        make(Open(source, HeadKind.CausalLanguage, recipe, new Dictionary<string, object>()), recipe, TextCoder.Open(source.Folder), device);
}
