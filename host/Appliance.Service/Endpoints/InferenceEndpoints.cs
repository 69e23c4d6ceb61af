using Appliance.Domain.Inference;
using Appliance.Domain.Privacy;
using Appliance.Service.Hosting;
using Appliance.Sdk.Plugins;

namespace Appliance.Service.Endpoints;

/// <summary>Questions to models. The body is wrapped as sensitive before anything else sees it.</summary>
internal static class InferenceEndpoints
{
    internal sealed record InferBody(
        IReadOnlyDictionary<string, string> Fields, string Purpose, string? Zone = null, IReadOnlyList<string>? Labels = null,
        bool Explain = false);

    internal sealed record InferReply(
        string Model, IReadOnlyList<Prediction> Predictions, IReadOnlyDictionary<string, int> PiiByType,
        IReadOnlyDictionary<string, string>? Redacted, InferenceTimes? Times);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/tasks/{task}/infer", async (
            string task, InferBody body, HttpContext context, InferenceService service, Metrics metrics, Defaults defaults,
            CancellationToken cancellationToken) =>
        {
            var request = new InferenceRequest(
                task, body.Fields.ToDictionary(f => f.Key, f => new Sensitive<string>(f.Value)), body.Purpose,
                body.Zone ?? defaults.Zone, body.Labels ?? ["pii.direct"]);
            var outcome = await service.AnswerAsync(request, context.Caller(), cancellationToken);
            metrics.Count(task, outcome);
            return outcome switch
            {
                InferenceOutcome.Answered a => Replies.Ok(new InferReply(
                    a.Model, a.Output.Predictions, a.PiiByType, body.Explain ? a.Redacted : null, body.Explain ? a.Times : null)),
                InferenceOutcome.Refused r => Replies.Refuse(r.Refusal),
                InferenceOutcome.Failed f => Replies.Error(Status(f.Code), f.Code, f.Message),
                _ => throw new InvalidOperationException("unknown outcome"),
            };
        }).For("client", "operator");

    private static int Status(string code) => code switch
    {
        "invalid" => 400,
        "worker_timeout" => 504,
        "busy" or "audit_unavailable" or "pii_unavailable" => 503,
        _ => 502,
    };
}
