using Appliance.Domain.Policies;

namespace Appliance.Domain.Privacy;

/// <summary>What policy means for pictures, which can be freed of metadata and not of the people in them.</summary>
internal static class Pictures
{
    private static readonly string[] OfPeople = ["pii.direct", "health"];

    /// <returns>Null where a rule allows pictures with such labels as they are.</returns>
    internal static Refusal? Problem(PolicyDecision.Allow allow, IEnumerable<string> labels) =>
        allow.Obligations.Contains(Obligations.RedactInput) && labels.Any(OfPeople.Contains)
            ? new Refusal(RefusalKind.Policy, "pictures",
                "People in pictures cannot be redacted, and the rule asks for that. Bring pictures without people under the label public (--data-labels public).")
            : null;
}
