using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Decides which weights a run moves.</summary>
internal interface ITrainingMethod
{
    /// <summary>Whether the base stays as it is, so that its features can be computed once.</summary>
    bool FreezesBase => false;

    /// <summary>Marks the weights to learn, and adds adapters where the method has any.</summary>
    /// <exception cref="InvalidDataException">The model has no place for this method.</exception>
    void Prepare(ITrainableTask task, Recipe recipe);

    /// <summary>Called once after the last step, before the model is saved.</summary>
    void Finish(ITrainableTask task)
    {
    }
}

/// <summary>All methods in one place: a new one is a file here and a line below.</summary>
internal static class TrainingMethods
{
    internal static ITrainingMethod Of(TrainingMethod method) => method switch
    {
        TrainingMethod.Full => new FullMethod(),
        TrainingMethod.Head => new HeadMethod(),
        TrainingMethod.Freeze => new FreezeMethod(),
        TrainingMethod.Lora or TrainingMethod.Rslora or TrainingMethod.Dora => new LoraMethod(),
        TrainingMethod.Qlora => new QloraMethod(),
        TrainingMethod.Adapter => new KeptMethod(".adapter_"),
        TrainingMethod.Prefix or TrainingMethod.Prompt => new KeptMethod("prompt_embeddings"),
        TrainingMethod.Ia3 => new Ia3Method(),
        TrainingMethod.Bitfit => new BitfitMethod(),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "unknown method"),
    };

    /// <summary>Marks what learns: parameters chosen by name, and always the head.</summary>
    internal static void TrainOnly(ITrainableTask task, Func<string, bool> chosen)
    {
        foreach (var (name, parameter) in task.Module.named_parameters())
        {
            parameter.requires_grad = task.IsHead(name) || chosen(name);
        }
    }
}
