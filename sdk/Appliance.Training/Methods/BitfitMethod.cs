using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves biases alone: a thousandth of the weights.</summary>
/// <remarks>Source: Ben Zaken et al., BitFit (2021).</remarks>
internal sealed class BitfitMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe) =>
        TrainingMethods.TrainOnly(task, name => name.EndsWith("bias", StringComparison.Ordinal));
}
