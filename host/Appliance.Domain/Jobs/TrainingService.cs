using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Policies;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;

namespace Appliance.Domain.Jobs;

/// <summary>Takes training orders and carries them out, one at a time.</summary>
public sealed class TrainingService(
    IPolicies policies, IAuditLog audit, IDatasets datasets, IModels models, IJobs jobs, IWorkers workers,
    ModelService promotion, TimeProvider clock)
{
    /// <summary>Checks a recipe against everything that can be known now, and queues it.</summary>
    /// <param name="id">A new id for the job.</param>
    /// <param name="promote">Whether a candidate that passes goes live by itself.</param>
    public async Task<Outcome<Job>> SubmitAsync(
        string id, string recipeYaml, string datasetId, string purpose, bool promote, Caller caller)
    {
        // 1 All mistakes at once.
        var (recipe, read) = RecipeReader.Read(recipeYaml);
        var errors = read.Concat(recipe is null ? [] : ServiceLimits.Of(recipe)).ToList();
        if (recipe is not null && models.Find(recipe.BaseModel) is null)
        {
            errors.Add($"base_model: no such model; import it with: appliance model import {recipe.BaseModel} DIR");
        }
        if (recipe is not null && workers.PluginOf(recipe.Task) is null)
        {
            errors.Add($"task: no installed plugin has it; installed: {Installed()}");
        }
        if (errors.Count > 0)
        {
            return new Refusal(RefusalKind.Invalid, "invalid_recipe", "The recipe has problems:\n  " + string.Join("\n  ", errors));
        }
        if (datasets.Find(datasetId) is not { } dataset)
        {
            return new Refusal(RefusalKind.NotFound, "unknown_dataset", "No such dataset. List them with: appliance dataset list");
        }

        if (Mismatch(workers.PluginOf(recipe!.Task)!.Manifest.Tasks.First(t => t.Name == recipe.Task), dataset) is { } mismatch)
        {
            return mismatch;
        }

        // 2 Policy, on the dataset's labels.
        var policy = policies.Current;
        var decision = PolicyEngine.Decide(policy, new PolicyRequest(
            PolicyActions.Train, purpose, dataset.DataLabels, dataset.Zone, dataset.Zone, caller.Role, "train"));
        await audit.AppendAsync(new AuditEntry(
            AuditActions.JobSubmit, AuditPhase.Event, caller.Id, "job/" + id, AuditNames.Declared(policy.Purposes.Keys, purpose),
            decision is PolicyDecision.Allow ? "allow" : "deny", decision.Rule.ToLowerInvariant(), policy.Hash)
        {
            Role = caller.Role,
            Zone = dataset.Zone,
            From = ["dataset/" + dataset.Id],
        });
        if (decision is PolicyDecision.Deny deny)
        {
            return new Refusal(RefusalKind.Policy, "policy", $"The policy refuses this training: {deny.Reason}.");
        }

        // 3 In the queue, on disk.
        var now = clock.GetUtcNow();
        var job = new Job(
            id, JobState.Queued, recipeYaml, recipe.Task, dataset.Id, purpose, caller.Id, promote, null, null, now, now);
        jobs.Add(job);
        return job;
    }

    /// <summary>Runs a queued or interrupted job to its end; every way out leaves a state and a record.</summary>
    public async Task<Job> RunAsync(Job job, Action<JobProgress> progress, CancellationToken cancel, CancellationToken shutdown)
    {
        job = Move(job, JobState.Running);
        var dataset = datasets.Find(job.Dataset)!;
        var entry = new AuditEntry(
            AuditActions.Train, AuditPhase.Intent, job.Caller, "job/" + job.Id, job.Purpose, Policy: policies.Current.Hash,
            Counts: new Dictionary<string, long> { ["rows"] = dataset.Rows, ["dataset_version"] = dataset.Version })
        {
            Zone = dataset.Zone,
            From = ["dataset/" + dataset.Id],
        };
        var intent = await audit.AppendAsync(entry);
        var outcome = entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq, Counts = null };
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, shutdown);
            var model = await TrainAsync(job, dataset, progress, either.Token);
            await audit.AppendAsync(outcome with { Code = "ok", Object = "model/" + model.Id });
            await promotion.GateAsync(model, new Caller(job.Caller, "operator"), CancellationToken.None);
            if (job.Promote)
            {
                await promotion.PromoteAsync(model.Id, new Caller(job.Caller, "operator"));
            }
            jobs.DeleteCheckpoint(job.Id);
            return Move(job with { Model = model.Id }, JobState.Succeeded);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            await audit.AppendAsync(outcome with { Code = "interrupted" });
            return Move(job, JobState.Interrupted);
        }
        catch (OperationCanceledException)
        {
            await audit.AppendAsync(outcome with { Code = "cancelled" });
            jobs.DeleteCheckpoint(job.Id);
            return Move(job, JobState.Cancelled);
        }
        catch (Exception e) when (e is WorkerException or IOException or InvalidDataException)
        {
            await audit.AppendAsync(outcome with { Code = (e as WorkerException)?.Code ?? "storage" });
            return Move(job with { Problem = e.Message }, JobState.Failed);
        }
    }

    /// <summary>After a crash: jobs that were running go on from their checkpoint.</summary>
    public void TakeUpInterrupted()
    {
        foreach (var job in jobs.List().Where(j => j.State == JobState.Running))
        {
            Move(job, JobState.Interrupted);
        }
    }

    private async Task<ModelVersion> TrainAsync(
        Job job, DatasetVersion dataset, Action<JobProgress> progress, CancellationToken cancellationToken)
    {
        var (recipe, _) = RecipeReader.Read(job.Recipe);
        var baseModel = models.Find(recipe!.BaseModel)
            ?? throw new InvalidDataException($"The base model {recipe.BaseModel} is gone. Import it again.");
        var plugin = workers.PluginOf(job.Task)
            ?? throw new InvalidDataException("The plugin of this task is gone. Install it again.");
        var rows = datasets.ReadRows(dataset);
        var trained = await workers.TrainAsync(
            new TrainingOrder(
                job.Id, job.Recipe, job.Task, models.ReadFiles(baseModel), dataset.Labels, rows, jobs.ReadCheckpoint(job.Id)),
            progress, state => jobs.SaveCheckpoint(job.Id, state), cancellationToken);
        var evaluation = Evaluations.Report(dataset, rows, trained.TestAnswers);
        var passport = new Passport(
            baseModel.Id, dataset.Id, dataset.Blob, policies.Current.Hash, plugin.Manifest.Id, plugin.Manifest.Version, job.Recipe,
            trained.Precision, trained.Threads, trained.Steps, trained.BestEpoch, trained.Seconds, trained.ExamplesPerSecond,
            evaluation, null, Quantized(recipe, dataset, rows, trained, evaluation));
        return await models.AddAsync(
            new ModelVersion(job.Task, 0, job.Task, ModelState.Candidate, [], dataset.DataLabels, passport, clock.GetUtcNow()),
            trained.Files, cancellationToken);
    }

    private static QuantizationReport? Quantized(
        Recipe recipe, DatasetVersion dataset, IReadOnlyList<StoredRow> rows, TrainedModel trained, EvaluationReport after)
    {
        if (trained.Unquantized is not { } earlier)
        {
            return null;
        }
        var before = Evaluations.Report(dataset, rows, earlier);
        var changed = earlier.Zip(trained.TestAnswers).Count(p => !Said(p.First).SequenceEqual(Said(p.Second)));
        return new QuantizationReport(recipe.Quantize.ToString().ToLowerInvariant(), before.Score, after.Score, changed);
    }

    // What an answer says, without how sure it is; of classes the first alone.
    private static IEnumerable<(string, string?, int?, int?)> Said(TaskOutput output) =>
        output.Predictions.Take(output.Predictions.All(p => p is { Start: null, Text: null }) ? 1 : int.MaxValue).Select(p => (p.Label, p.Text, p.Start, p.End));

    private static Refusal? Mismatch(TaskManifest task, DatasetVersion dataset)
    {
        if (task.Answer != dataset.Answer)
        {
            return new Refusal(RefusalKind.Invalid, "wrong_dataset",
                $"The task {task.Name} answers with {task.Answer.ToString().ToLowerInvariant()}; the dataset is labelled with {dataset.Answer.ToString().ToLowerInvariant()}. Import it again with --answer, or choose another.");
        }
        if (task.Answer is AnswerKind.Span or AnswerKind.Spans && dataset.Fields.Contains(task.About) && dataset.Fields[^1] != task.About)
        {
            return new Refusal(RefusalKind.Invalid, "wrong_dataset",
                $"The task {task.Name} answers with places in '{task.About}'; the dataset's places are in its last field, '{dataset.Fields[^1]}'. Import it again with --field {task.About}=COLUMN said last.");
        }
        return task.InputFields.FirstOrDefault(f => !dataset.Fields.Contains(f)) is { } missing
            ? new Refusal(RefusalKind.Invalid, "wrong_dataset", $"The task {task.Name} needs a field '{missing}'; the dataset has {string.Join(", ", dataset.Fields)}. Import it again with --field {missing}=COLUMN.")
            : null;
    }

    private Job Move(Job job, JobState next)
    {
        job = job.To(next, clock.GetUtcNow());
        jobs.Update(job);
        return job;
    }

    private string Installed() => string.Join(", ", workers.Plugins.SelectMany(p => p.Manifest.Tasks).Select(t => t.Name));
}
