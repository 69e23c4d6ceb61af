using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves the head alone, on features computed once: seconds instead of minutes.</summary>
internal sealed class HeadMethod : ITrainingMethod
{
    public bool FreezesBase => true;

    public void Prepare(ITrainableTask task, Recipe recipe) => TrainingMethods.TrainOnly(task, _ => false);
}
