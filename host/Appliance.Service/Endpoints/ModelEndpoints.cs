using Appliance.Domain.Audit;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Sdk.Scoring;

namespace Appliance.Service.Endpoints;

/// <summary>Import, list, gate, promote and roll back models.</summary>
internal static class ModelEndpoints
{
    internal sealed record ModelRequest(string Model);

    internal sealed record TaskRequest(string Task);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/models/{name}", ImportAsync).For("operator").Writes(AuditActions.ModelImport).NeedsRoom();
        routes.MapGet("/api/models", (IModels models) => Replies.Ok(models.List().Select(Brief))).For("operator", "auditor", "approver").Unrecorded();
        routes.MapGet("/api/models/{id}", (string id, IModels models) =>
            models.Find(Uri.UnescapeDataString(id)) is { } found ? Replies.Ok(Brief(found)) : Replies.NotFound("model", "model list"))
            .For("operator", "auditor", "approver").Recorded(AuditActions.ModelView);
        routes.MapPost("/api/models/gate", async (ModelRequest request, HttpContext context, ModelService service, IModels models,
            CancellationToken cancellationToken) => models.Find(request.Model) is { } model
                ? Replies.Of(await service.GateAsync(model, context.Caller(), cancellationToken))
                : Replies.NotFound("model", "model list")).For("operator", "approver").Writes(AuditActions.Gate);
        routes.MapPost("/api/models/promote", async (ModelRequest request, HttpContext context, ModelService service) =>
            Replies.Of(await service.PromoteAsync(request.Model, context.Caller()))).For("operator", "approver").Writes(AuditActions.Promote);
        routes.MapPost("/api/models/rollback", async (TaskRequest request, HttpContext context, ModelService service) =>
            Replies.Of(await service.RollbackAsync(request.Task, context.Caller()))).For("operator", "approver").Writes(AuditActions.Rollback);
    }

    // Which test row was answered right is for the gate and the auditor's own computation, not for a list.
    private static ModelVersion Brief(ModelVersion model) => model.Passport?.Evaluation is { } evaluation
        ? model with
        {
            Passport = model.Passport with { Evaluation = evaluation with { Rows = new Dictionary<string, RowScore>() } },
        }
        : model;

    private static async Task<IResult> ImportAsync(
        string name, HttpContext context, IModels models, IWorkers workers, IAuditLog audit, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!DatasetEndpoints.IsName(name))
        {
            return Replies.Error(400, "invalid_name", "A model's name has lower-case letters, digits, dots and dashes, at most 64.");
        }
        if (await Uploads.ReadAsync(context.Request, cancellationToken) is not { } sent)
        {
            return Uploads.NotMultipart();
        }
        var files = sent.DistinctBy(f => f.Name).ToDictionary(f => f.Name, f => f.Content);
        // Conv nets come without a config.json: their tensors tell what they are.
        if (!files.Keys.Any(f => f.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            return Replies.Error(400, "incomplete_model", "A model needs its weights as .safetensors. No pickle or .bin file is accepted.");
        }
        var entry = new AuditEntry(AuditActions.ModelImport, AuditPhase.Intent, context.Caller().Id, "model/" + name) { Role = context.Caller().Role };
        var intent = await audit.AppendAsync(entry);
        var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq };
        try
        {
            await workers.InspectAsync(files, cancellationToken);
        }
        catch (WorkerException e)
        {
            await audit.AppendAsync(outcome with { Code = "refused" });
            return Replies.Error(400, "model_refused", e.Message);
        }
        var model = await models.AddAsync(
            new ModelVersion(name, 0, "", ModelState.Base, [], [], null, clock.GetUtcNow()), files, cancellationToken);
        await audit.AppendAsync(outcome with { Code = "ok" });
        return Replies.Ok(model);
    }
}
