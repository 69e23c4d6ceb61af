using Appliance.Sdk.Plugins;
using Appliance.Training.Tasks;

namespace Appliance.Training.Evaluation;

/// <summary>Scores examples without learning from them.</summary>
public static class Evaluator
{
    /// <summary>The number of the most probable class of each example, in the examples' order.</summary>
    public static IReadOnlyList<long> Predict(TextClassifier task, IReadOnlyList<Example> examples) =>
        task.Predict([.. examples.Select(task.Encode)]);
}
