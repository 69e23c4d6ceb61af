using Appliance.Sdk.Plugins;
using Appliance.Training.Tasks;

namespace Appliance.Plugins.Sentiment;

/// <summary>Answers with every label and its probability, the most probable first.</summary>
internal sealed class SentimentTask(TextClassifier classifier) : ITask
{
    public TaskOutput Answer(TaskInput input) => new(
    [
        .. classifier.Probabilities(input["text"])
            .Select((score, k) => new Prediction(classifier.Labels[k], score))
            .OrderByDescending(p => p.Score),
    ]);

    public void Dispose() => classifier.Dispose();
}
