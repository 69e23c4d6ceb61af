using Appliance.Domain.Audit;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Operations;

namespace Appliance.Service.Endpoints;

/// <summary>Finding and hiding personal data in the shapes of Presidio: <c>/analyze</c> and <c>/anonymize</c>. Places are UTF-16 code units.</summary>
internal static class PrivacyEndpoints
{
    internal sealed record AdHocPattern(string Name, string Regex, double Score);

    internal sealed record AdHocRecognizer(string Name, string SupportedEntity, IReadOnlyList<AdHocPattern> Patterns);

    /// <param name="AllowList">Texts that may stay, of any kind, besides those that the policy exempts.</param>
    /// <param name="AdHocRecognizers">Kinds of this one request, besides those of the policy.</param>
    internal sealed record AnalyzeBody(
        string Text, string Language = "it", IReadOnlyList<string>? Entities = null, double ScoreThreshold = 0, bool ReturnDecisionProcess = false,
        IReadOnlyList<string>? AllowList = null, IReadOnlyList<AdHocRecognizer>? AdHocRecognizers = null);

    internal sealed record Explanation(string Recognizer, double OriginalScore);

    internal sealed record Analyzed(string EntityType, int Start, int End, double Score, Explanation? AnalysisExplanation);

    internal sealed record Anonymizer(string Type);

    /// <param name="Anonymizers">By kind, or DEFAULT; types are the operators of policies.</param>
    /// <param name="MapPurpose">When given, the reply has the map of numbered people, sealed for this purpose: only <c>/reveal</c> opens it.</param>
    internal sealed record AnonymizeBody(string Text, IReadOnlyDictionary<string, Anonymizer>? Anonymizers = null, string? MapPurpose = null);

    internal sealed record Item(string EntityType, long Count);

    internal sealed record Anonymized(string Text, IReadOnlyList<Item> Items, string? Map);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/analyze", async Task<IResult> (AnalyzeBody body, HttpContext context, Redactor redactor, IAuditLog audit, IPolicies policies) =>
        {
            var (rules, problem) = AdHoc.Rules(policies.Current.Redaction.Detection, body);
            if (rules is null)
            {
                return Replies.Error(400, "ad_hoc_recognizers", problem ?? "");
            }
            if (UnknownKind(body.Entities ?? [], rules.Names) is { } unknown)
            {
                return unknown;
            }
            return await RecordedAsync(AuditActions.Analyze, context, audit, policies, () =>
            {
                var found = redactor.Scan(new Sensitive<string>(body.Text), rules: rules)
                    .Where(f => f.Score >= body.ScoreThreshold && (body.Entities is null || body.Entities.Contains(f.EntityType))).ToArray();
                return (Replies.Ok(found.Select(f => new Analyzed(
                    f.EntityType, f.Start, f.End, f.Score, body.ReturnDecisionProcess ? new Explanation(f.Why, f.Score) : null))), found.CountBy(f => f.EntityType).ToDictionary(c => c.Key, c => c.Value));
            });
        }).For("client", "operator").Writes(AuditActions.Analyze);
        routes.MapPost("/anonymize", async Task<IResult> (AnonymizeBody body, HttpContext context, Redactor redactor, RedactionKeys keys, IAuditLog audit, IPolicies policies) =>
        {
            var policy = policies.Current.Redaction.For("anonymize");
            var asked = body.Anonymizers ?? new Dictionary<string, Anonymizer>();
            if (UnknownKind(asked.Keys.Where(k => k != "DEFAULT"), policy.Detection.Names) is { } unknown)
            {
                return unknown;
            }
            if (asked.Values.FirstOrDefault(a => RedactionPreset.Operator(a.Type) is null) is { } wrong)
            {
                return Replies.Error(400, "anonymizers", $"No operator is called '{wrong.Type}'.");
            }
            RedactionOperator Chosen(string type) => (asked.GetValueOrDefault(type) ?? asked.GetValueOrDefault("DEFAULT")) is { } a
                ? RedactionPreset.Operator(a.Type)!.Value // checked above
                : policy.Of(type);
            var operators = EntityTypes.All.Concat(policy.Detection.Names).ToDictionary(t => t, Chosen);
            return await RecordedAsync(AuditActions.Anonymize, context, audit, policies, () =>
            {
                var numbering = redactor.Numbering();
                var redacted = redactor.Redact(new Sensitive<string>(body.Text), policy.With(operators), numbering);
                var map = body.MapPurpose is { } purpose ? Convert.ToBase64String(SealedMap.Seal(numbering, keys, purpose)) : null;
                return (Replies.Ok(new Anonymized(redacted.Text, [.. redacted.Counts.Select(c => new Item(c.Key, c.Value))], map)), redacted.Counts);
            });
        }).For("client", "operator").Writes(AuditActions.Anonymize);
    }

    // 1 the intent on disk, 2 the work, 3 the outcome on disk, 4 the reply
    private static async Task<IResult> RecordedAsync(
        string action, HttpContext context, IAuditLog audit, IPolicies policies, Func<(IResult Reply, IReadOnlyDictionary<string, int> Counts)> work)
    {
        var entry = new AuditEntry(action, AuditPhase.Intent, context.Caller().Id, "text", Policy: policies.Current.Hash) { Role = context.Caller().Role };
        var intent = await audit.AppendAsync(entry);
        var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
        try
        {
            var (reply, counts) = work();
            await audit.AppendAsync(outcome with { Code = "ok", Counts = counts.ToDictionary(c => "pii." + c.Key.ToLowerInvariant(), c => (long)c.Value) });
            return reply;
        }
        catch (DetectionFailedException e)
        {
            await audit.AppendAsync(outcome with { Code = "pii_unavailable" });
            return Replies.Error(503, "pii_unavailable", e.Message);
        }
    }

    private static IResult? UnknownKind(IEnumerable<string> kinds, IReadOnlySet<string> own) => kinds.FirstOrDefault(k => !EntityTypes.All.Contains(k) && !own.Contains(k)) is { } unknown
        ? Replies.Error(400, "entities", $"No kind is called '{unknown}'. The README of policies lists them.") : null;
}
