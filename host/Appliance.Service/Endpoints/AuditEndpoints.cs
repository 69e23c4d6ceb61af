using System.Text.Json.Nodes;
using Appliance.Domain.Audit;
using Appliance.Domain.Audit.Exports;
using Appliance.Domain.Audit.Reports;
using Appliance.Service.Hosting;
using Appliance.Storage.Audit;
using Microsoft.AspNetCore.Http.Features;

namespace Appliance.Service.Endpoints;

/// <summary>Search, show, export, prove, report, sign, witness, review and prune the audit log.</summary>
internal static class AuditEndpoints
{
    private static readonly string[] Readers = ["auditor", "operator"];

    internal sealed record WitnessBody(string Note);

    internal sealed record ReviewBody(long First, long Last);

    internal sealed record PruneBody(long? Before = null, long? Approve = null);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        Look(routes);
        Hand(routes);
        routes.MapPost("/api/audit/checkpoint", async (HttpContext context, AuditWork work) =>
            Results.Text((await work.TakeAsync(AuditActions.Sign, context.Caller(), "audit/log")).Checkpoint)).For(Readers).Writes(AuditActions.Sign);
        routes.MapGet("/api/audit/key", (SqliteAuditLog log) => Results.Text(log.PublicKeys)).For("auditor", "operator", "client").Unrecorded();
        routes.MapGet("/api/audit/witness", async (HttpContext context, AuditWork work, long? since) =>
            await work.WitnessRequestAsync(context.Caller(), since) is { } request ? Results.Text(request)
                : Replies.Error(400, "since", "The log has no such size. Leave --since out, or give the size of your last checkpoint."))
            .For(Readers).Writes(AuditActions.Witness);
        routes.MapPost("/api/audit/witness", async (WitnessBody body, HttpContext context, AuditWork work) =>
            Replies.Of(await work.AddWitnessAsync(context.Caller(), body.Note))).For(Readers).Writes(AuditActions.Witness);
        routes.MapPost("/api/audit/review", async (ReviewBody body, HttpContext context, AuditWork work) =>
            Replies.Of(await work.ReviewAsync(context.Caller(), body.First, body.Last))).For("auditor", "approver").Writes(AuditActions.Review);
        routes.MapPost("/api/audit/prune", async (PruneBody body, HttpContext context, AuditWork work) =>
            Replies.Of(await work.PruneAsync(context.Caller(), body.Before, body.Approve))).For("operator", "approver").Writes(AuditActions.Prune);
    }

    private static void Look(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/audit", async (
            HttpContext context, SqliteAuditLog log, AuditIndex index, AuditWork work, string? action, string? actor, string? @object, string? decision,
            string? rule, string? subject, string? purpose, string? code, long? from, long? to, long? after, int? limit) =>
        {
            await work.SayAsync(AuditActions.Search, context.Caller(), "audit/log");
            using var reader = log.Reader();
            var found = index.Search(reader, new AuditQuery(action, actor, @object, decision, rule, subject, purpose, code, from, to, after ?? 0, limit ?? 100));
            return Replies.Ok(found.Select(seq => reader.Find(seq)?.Body).OfType<byte[]>().Select(b => JsonNode.Parse(b)).ToArray());
        }).For(Readers).Writes(AuditActions.Search);
        routes.MapGet("/api/audit/{seq:long}", async (long seq, HttpContext context, SqliteAuditLog log, AuditWork work) =>
        {
            await work.SayAsync(AuditActions.Show, context.Caller(), $"audit/{seq}");
            using var reader = log.Reader();
            return reader.Find(seq) is { } record
                ? Replies.Ok(record.Body is { } body ? JsonNode.Parse(body) : new JsonObject { ["seq"] = seq, ["pruned"] = true })
                : Replies.NotFound("record", "audit search");
        }).For(Readers).Writes(AuditActions.Show);
        routes.MapGet("/api/audit/prove/{seq:long}", async (long seq, HttpContext context, AuditWork work) =>
            await work.ProveAsync(context.Caller(), seq) is { } proof ? Results.Text(proof) : Replies.NotFound("record", "audit search"))
            .For(Readers).Writes(AuditActions.Prove);
    }

    private static void Hand(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/audit/export", async Task<IResult> (HttpContext context, AuditWork work, string format, long? from, long? to) =>
        {
            if (!AuditExport.Formats.Contains(format))
            {
                return Replies.Error(400, "unknown_format", $"Unknown format. Known: {string.Join(", ", AuditExport.Formats)}.");
            }
            var source = await work.TakeAsync(AuditActions.Export, context.Caller(), "export/" + format);
            context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true; // the writers know no waiting; they run on a thread that may
            return Results.Stream(stream => work.ExportAsync(stream, format, source, from ?? 0, to ?? long.MaxValue), AuditExport.ContentType(format));
        }).For(Readers).Writes(AuditActions.Export);
        routes.MapGet("/api/audit/report/{kind}", async Task<IResult> (string kind, HttpContext context, AuditWork work, string? lang, long? from, long? to, string? subject, string? @object) =>
        {
            if (!ReportKinds.All.Contains(kind) || lang is not (null or "en" or "it"))
            {
                return Replies.Error(400, "unknown_report", $"Known reports: {string.Join(", ", ReportKinds.All)}; languages: en, it.");
            }
            if (kind == "subject" && subject is null)
            {
                return Replies.Error(400, "subject", "Name the person by the pseudonym that `appliance subject find` prints: --subject s:...");
            }
            var source = await work.TakeAsync(AuditActions.Report, context.Caller(), "report/" + kind);
            var page = work.Report(kind, source, lang ?? "en", from ?? 0, to ?? long.MaxValue, subject, @object);
            return page.Refusal is { } refusal ? Replies.Refuse(refusal) : Results.Text(page.Value!, "text/html; charset=utf-8"); // one of the two
        }).For(Readers).Writes(AuditActions.Report);
    }
}
