using Appliance.Sdk.Recipes;

namespace Appliance.Training.Methods;

/// <summary>Moves every weight: the most accurate where there is data enough, and the slowest.</summary>
internal sealed class FullMethod : ITrainingMethod
{
    public void Prepare(ITrainableTask task, Recipe recipe) => TrainingMethods.TrainOnly(task, _ => true);
}
