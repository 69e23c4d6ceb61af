using Appliance.Domain.Audit;
using Appliance.Domain.Inference;
using Appliance.Domain.Privacy;
using Appliance.Service.Hosting;
using Appliance.Sdk.Plugins;

namespace Appliance.Service.Endpoints;

/// <summary>Questions to models. The body is wrapped as sensitive before anything else sees it.</summary>
internal static class InferenceEndpoints
{
    /// <param name="Fields">One request ...</param>
    /// <param name="Inputs">... or up to 64 that are answered together.</param>
    internal sealed record InferBody(
        string Purpose, IReadOnlyDictionary<string, string>? Fields = null, IReadOnlyList<IReadOnlyDictionary<string, string>>? Inputs = null,
        string? Zone = null, IReadOnlyList<string>? Labels = null, bool Explain = false, string? Subject = null);

    internal sealed record InferAnswer(IReadOnlyList<Prediction> Predictions, string? Picture);

    internal sealed record InferReply(
        string Model, IReadOnlyList<Prediction>? Predictions, string? Picture, IReadOnlyList<InferAnswer>? Answers, IReadOnlyDictionary<string, int> PiiByType,
        IReadOnlyDictionary<string, string>? Redacted, InferenceTimes? Times);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/tasks/{task}/infer", async (
            string task, InferBody body, HttpContext context, InferenceService service, Metrics metrics, Defaults defaults,
            CancellationToken cancellationToken) =>
        {
            if ((body.Fields is null) == (body.Inputs is null))
            {
                return Replies.Error(400, "inputs", "Send either fields, for one request, or inputs, for several.");
            }
            var request = new InferenceRequest(
                task, [.. (body.Inputs ?? [body.Fields!]).Select(i => i.ToDictionary(f => f.Key, f => new Sensitive<string>(f.Value)))], body.Purpose, // one of the two
                body.Zone ?? defaults.Zone, body.Labels ?? ["pii.direct"],
                body.Subject is { } subject ? new Sensitive<string>(subject) : null);
            var outcome = await service.AnswerAsync(request, context.Caller(), cancellationToken);
            metrics.Count(task, outcome);
            return outcome switch
            {
                InferenceOutcome.Answered a => Replies.Ok(Reply(a, body)),
                InferenceOutcome.Refused r => Replies.Refuse(r.Refusal),
                InferenceOutcome.Failed f => Replies.Error(Status(f.Code), f.Code, f.Message),
                _ => throw new InvalidOperationException("unknown outcome"),
            };
        }).For("client", "operator").Writes(AuditActions.Infer);

    private static InferReply Reply(InferenceOutcome.Answered a, InferBody body)
    {
        InferAnswer[] answers = [.. a.Outputs.Select(o => new InferAnswer(o.Predictions, o.Picture is { } p ? Convert.ToBase64String(p.Span) : null))];
        var single = body.Fields is not null;
        return new InferReply(
            a.Model, single ? answers[0].Predictions : null, single ? answers[0].Picture : null, single ? null : answers, a.PiiByType,
            body.Explain && single ? a.Redacted[0] : null, body.Explain ? a.Times : null);
    }

    private static int Status(string code) => code switch
    {
        "invalid" => 400,
        "worker_timeout" => 504,
        "busy" or "audit_unavailable" or "pii_unavailable" => 503,
        _ => 502,
    };
}
