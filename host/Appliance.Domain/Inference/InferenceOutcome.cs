using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Inference;

/// <summary>How long each part of an answer took.</summary>
public sealed record InferenceTimes(double PolicyMs, double IntentMs, double RedactMs, double WorkerMs, double OutcomeMs);

/// <summary>What became of a request to a model.</summary>
public abstract record InferenceOutcome
{
    private InferenceOutcome()
    {
    }

    /// <param name="Outputs">One a request, in their order; places are those of the texts as they came in.</param>
    /// <param name="Redacted">The requests' fields as the model saw them.</param>
    public sealed record Answered(
        string Model, IReadOnlyList<TaskOutput> Outputs, IReadOnlyList<IReadOnlyDictionary<string, string>> Redacted,
        IReadOnlyDictionary<string, int> PiiByType, InferenceTimes Times) : InferenceOutcome;

    /// <summary>The request was understood and declined.</summary>
    public sealed record Refused(Refusal Refusal) : InferenceOutcome;

    /// <summary>Something broke; nothing left the appliance.</summary>
    public sealed record Failed(string Code, string Message) : InferenceOutcome;
}
