using Appliance.Domain.Audit;
using Appliance.Domain.Jobs;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Policies;
using Appliance.Service.Hosting;
using Appliance.Storage.Audit;

namespace Appliance.Service.Endpoints;

/// <summary>Health, status, metrics, policies and the retraining tick.</summary>
internal static class SystemEndpoints
{
    private static readonly string[] Everyone = ["client", "operator", "auditor", "approver"];

    internal sealed record TickRequest(string? Schedule);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok\n")).For(Everyone).Unrecorded();
        routes.MapGet("/readyz", (SqliteAuditLog audit) => audit.Blocked
            ? Results.Text("audit blocked: free disk space\n", statusCode: 503)
            : Results.Text("ready\n")).For(Everyone).Unrecorded();
        routes.MapGet("/metrics", (Metrics metrics) => Results.Text(metrics.Render(), "text/plain; version=0.0.4")).For(Everyone).Unrecorded();
        routes.MapGet("/api/status", Status).For("operator", "auditor", "approver").Unrecorded();
        routes.MapGet("/api/policies", (IPolicies policies) => Replies.Ok(policies.Current)).For("operator", "auditor", "approver").Recorded(AuditActions.PolicyView);
        routes.MapPost("/api/policies/reload", async (HttpContext context, PolicyFolder policies, IAuditLog audit) =>
            await policies.ReloadAsync(audit, context.Caller().Id) is { Count: > 0 } errors
                ? Replies.Error(400, "invalid_policy", "The old policies stay in force:\n  " + string.Join("\n  ", errors))
                : Replies.Ok(policies.Current)).For("operator").Writes(AuditActions.PolicyLoad, AuditActions.PolicyRefuse);
        routes.MapGet("/api/schedules", (Retraining retraining) => Replies.Ok(retraining.List().Select(s => new
        {
            s.File,
            s.Schedule?.Id,
            s.Schedule?.Recipe,
            s.Schedule?.Dataset,
            Zone = s.Schedule?.Zone.Id,
            Time = s.Schedule?.Time.ToString("HH:mm"),
            Days = s.Schedule?.Days.Select(d => d.ToString()[..3]),
            s.Schedule?.Promote,
            s.Errors,
        }))).For("operator", "auditor", "approver").Unrecorded();
        routes.MapPost("/api/schedules/tick", async (TickRequest request, HttpContext context, Retraining retraining) =>
            Replies.Ok(await retraining.TickAsync(request.Schedule, context.Caller()))).For("operator").Writes(AuditActions.Schedule);
    }

    private static IResult Status(
        SqliteAuditLog audit, IPolicies policies, IJobs jobs, IModels models, IWorkers workers, Metrics metrics, TimeProvider clock) =>
        Replies.Ok(new
        {
            Version = typeof(SystemEndpoints).Assembly.GetName().Version!.ToString(3),
            UptimeSeconds = (long)clock.GetElapsedTime(metrics.Started).TotalSeconds,
            Audit = new { audit.Size, audit.Blocked, Disk = audit.Disk.ToString().ToLowerInvariant(), audit.WitnessedSize },
            Policy = new { policies.Current.Version, policies.Current.Hash },
            Jobs = jobs.List().GroupBy(j => j.State).ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => g.Count()),
            Plugins = workers.Plugins.Select(p => new { p.Manifest.Id, p.Manifest.Version, Tasks = p.Manifest.Tasks.Select(t => t.Name) }),
            Serving = workers.Plugins.SelectMany(p => p.Manifest.Tasks)
                .ToDictionary(t => t.Name, t => models.Serving(t.Name)?.Id),
            Requests = metrics.Requests(),
            DiskFreeBytes = metrics.DiskFreeBytes(),
        });
}
