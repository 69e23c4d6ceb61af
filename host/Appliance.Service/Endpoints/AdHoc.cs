using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Service.Endpoints;

/// <summary>What one request for <c>/analyze</c> wants found or left, besides what the policy says; in the shapes of Presidio.</summary>
internal static class AdHoc
{
    private const int PatternsMax = 20, AllowedMax = 100;

    /// <returns>The rules, or what is wrong with the request.</returns>
    internal static (DetectionRules? Rules, string? Problem) Rules(DetectionRules policy, PrivacyEndpoints.AnalyzeBody body)
    {
        var (own, allowed) = (new List<OwnKind>(policy.Own), body.AllowList ?? []);
        foreach (var (kind, asked) in (body.AdHocRecognizers ?? []).SelectMany(r => (r.Patterns ?? []).Select(p => (r.SupportedEntity, p))))
        {
            var (pattern, problem) = SafePattern.Read(asked.Regex ?? "");
            if (pattern is null || !OwnKind.IsName(kind) || asked.Score is not (>= 0 and <= 1))
            {
                return (null, pattern is null ? $"The pattern of '{kind}' {problem}." : $"'{kind}' needs a name of 3 to 40 capitals, digits and _ that no kind has, and scores from 0 to 1.");
            }
            own.Add(new OwnKind(kind, pattern, null, [], (float)asked.Score));
        }
        if (own.Count - policy.Own.Count > PatternsMax || allowed.Count > AllowedMax)
        {
            return (null, $"At most {PatternsMax} patterns and {AllowedMax} allowed texts fit in one request.");
        }
        if (own.Count == policy.Own.Count && allowed.Count == 0)
        {
            return (policy, null);
        }
        var kinds = EntityTypes.All.Concat(own.Select(k => k.Name)).Distinct();
        return (new DetectionRules(own, [.. policy.Exceptions, .. kinds.SelectMany(k => allowed.Select(v => new Exemption(k, v, null, null)))], policy.LeastScores, policy.FindsMax, policy.Limit), null);
    }
}
