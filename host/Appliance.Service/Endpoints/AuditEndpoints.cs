using System.Text;
using System.Text.Json.Nodes;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;

namespace Appliance.Service.Endpoints;

/// <summary>Search and sign the audit log.</summary>
internal static class AuditEndpoints
{
    private const int LimitDefault = 100;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/audit", async (
            HttpContext context, AuditReader reader, IAuditLog audit, string? action, string? actor, string? @object, string? decision,
            long? after, int? limit) =>
        {
            await audit.AppendAsync(new AuditEntry(AuditActions.Search, AuditPhase.Event, context.Caller().Id, "audit/log", Code: "ok"));
            var records = reader.Search(new AuditQuery(action, actor, @object, decision, after ?? 0, limit ?? LimitDefault));
            return Replies.Ok(records.Select(r => JsonNode.Parse(r)));
        }).For("auditor", "operator");
        routes.MapPost("/api/audit/checkpoint", async (SqliteAuditLog log) =>
            Results.Text(Encoding.UTF8.GetString(await log.CheckpointAsync()))).For("auditor", "operator");
        routes.MapGet("/api/audit/key", (SqliteAuditLog log) => Results.Text(log.PublicKey + "\n")).For("auditor", "operator", "client");
    }
}
