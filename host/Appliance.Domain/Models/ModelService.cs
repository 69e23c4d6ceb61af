using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Domain.Plugins;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Scoring;

namespace Appliance.Domain.Models;

/// <summary>Gates, promotes and rolls back models. Nothing goes live without a verdict.</summary>
public sealed class ModelService(
    IAuditLog audit, IDatasets datasets, IModels models, IWorkers workers)
{
    /// <summary>Judges a candidate against the serving model, both scored now on the candidate's frozen test set.</summary>
    /// <exception cref="WorkerException">The incumbent could not be scored.</exception>
    public async Task<Outcome<ModelVersion>> GateAsync(ModelVersion model, Caller caller, CancellationToken cancellationToken)
    {
        if (model.Passport?.Evaluation is not { } evaluation || datasets.Find(model.Passport.Dataset) is not { } dataset)
        {
            return new Refusal(RefusalKind.Check, "no_evaluation", "The model has no evaluation to judge. Train it again.");
        }
        var rows = datasets.ReadRows(dataset);
        var test = Evaluations.Rows(rows, Split.Test);
        var incumbent = models.Serving(model.Task);
        if (incumbent?.Id == model.Id)
        {
            return new Refusal(RefusalKind.Check, "already_live", "The model serves already.");
        }
        var known = incumbent?.Passport is { } passport ? await ScoreAsync(incumbent, passport, dataset, test, cancellationToken) : null;
        var verdict = PromotionGate.Judge(
            [.. test.Select(r => evaluation.Rows[r.Id])], known, Evaluations.Baseline(dataset, rows),
            known is null ? Evaluations.BaselineName(dataset.Answer) : incumbent!.Id);
        models.SetPassport(
            model, model.Passport with { Gate = verdict }, verdict.Result == GateResult.Fail ? ModelState.Rejected : ModelState.Candidate);
        await audit.AppendAsync(new AuditEntry(
            AuditActions.Gate, AuditPhase.Event, caller.Id, "model/" + model.Id, Code: verdict.Result.ToString().ToLowerInvariant(),
            Counts: new Dictionary<string, long> { ["test_rows"] = test.Count, ["difference_e4"] = (long)(verdict.Difference * 10_000) })
        { Role = caller.Role, From = ["dataset/" + dataset.Id] });
        return models.Find(model.Id)!;
    }

    /// <summary>Lets a model serve its task, if its gate passed.</summary>
    public async Task<Outcome<ModelVersion>> PromoteAsync(string id, Caller caller)
    {
        if (models.Find(id) is not { } model)
        {
            return NotFound();
        }
        if (model.Passport?.Gate?.Result != GateResult.Pass)
        {
            await audit.AppendAsync(new AuditEntry(
                AuditActions.Promote, AuditPhase.Event, caller.Id, "model/" + model.Id, Decision: "deny", Code: "gate")
            { Role = caller.Role });
            var verdict = model.Passport?.Gate is { } gate ? $"its gate says {gate.Result}: {gate.Reason}" : "it was never gated";
            return new Refusal(RefusalKind.Check, "gate", $"The model is not promoted: {verdict}.");
        }
        return await ServeAsync(model, AuditActions.Promote, caller);
    }

    /// <summary>Lets the model before serve again; needs one person and no gate.</summary>
    public async Task<Outcome<ModelVersion>> RollbackAsync(string task, Caller caller) =>
        models.Previous(task) is { } previous
            ? await ServeAsync(previous, AuditActions.Rollback, caller)
            : new Refusal(RefusalKind.NotFound, "no_previous", "No earlier model served this task: there is nothing to go back to.");

    private async Task<Outcome<ModelVersion>> ServeAsync(ModelVersion model, string action, Caller caller)
    {
        var entry = new AuditEntry(action, AuditPhase.Intent, caller.Id, "model/" + model.Id, Decision: "allow") { Role = caller.Role };
        var intent = await audit.AppendAsync(entry);
        models.Serve(model.Task, model);
        await workers.RecycleAsync(model.Task);
        await audit.AppendAsync(entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq, Code = "ok" });
        return models.Find(model.Id)!;
    }

    // Never compared with a number from last year: the incumbent is scored again on the same rows.
    private async Task<IReadOnlyList<RowScore>> ScoreAsync(
        ModelVersion incumbent, Passport passport, DatasetVersion dataset, IReadOnlyList<StoredRow> test,
        CancellationToken cancellationToken)
    {
        if (passport.Evaluation is { } e && test.All(r => e.Rows.ContainsKey(r.Id)) && passport.DatasetBlob == dataset.Blob)
        {
            return [.. test.Select(r => e.Rows[r.Id])]; // the same frozen rows and the same weights: the same answers
        }
        var answers = await workers.EvaluateAsync(
            incumbent.Task, models.ReadFiles(incumbent), [.. test.Select(r => new TaskInput(r.Fields))], cancellationToken);
        return Evaluations.Scores(dataset, test, answers);
    }

    private static Refusal NotFound() =>
        new(RefusalKind.NotFound, "unknown_model", "No such model. List them with: appliance model list");
}
