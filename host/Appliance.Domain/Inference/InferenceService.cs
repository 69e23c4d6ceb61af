using Appliance.Domain.Audit;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Inference;

/// <summary>Questions to a model, answered together: one record for all of them.</summary>
/// <param name="Inputs">The fields of each, at most <see cref="InferenceService.InputsMax"/>; every text is taken for personal.</param>
/// <param name="Subject">Whose data it is, by the caller's own number for the person; the log gets a pseudonym.</param>
public sealed record InferenceRequest(
    string Task, IReadOnlyList<IReadOnlyDictionary<string, Sensitive<string>>> Inputs, string Purpose, string Zone, IReadOnlyList<string> DataLabels,
    Sensitive<string>? Subject = null);

/// <summary>The only way to a model.</summary>
/// <remarks>policy → intent on disk → redact → worker → redact the answer → outcome on disk → reply.</remarks>
public sealed class InferenceService(
    IPolicies policies, IAuditLog audit, Redactor redactor, IModels models, IWorkers workers, ISubjects subjects, TimeProvider clock)
{
    /// <summary>Most questions in one request.</summary>
    public const int InputsMax = 64;

    public async Task<InferenceOutcome> AnswerAsync(
        InferenceRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var watch = new Stopwatches(clock);

        // 1 Something must be there to ask.
        if (workers.PluginOf(request.Task)?.Manifest is not { } plugin)
        {
            return Refuse(RefusalKind.NotFound, "unknown_task", $"No installed plugin has this task. Installed: {Tasks()}.");
        }
        var task = plugin.Tasks.First(t => t.Name == request.Task);
        if ((models.Serving(request.Task) ?? WithoutModel(plugin, task)) is not { } model)
        {
            return Refuse(RefusalKind.NotFound, "no_model", "No model serves this task yet. Train one and promote it.");
        }
        if (Problem(request, task) is { } problem)
        {
            return new InferenceOutcome.Refused(problem);
        }

        // 2 Policy decides on the union of the labels.
        var policy = policies.Current;
        var labels = request.DataLabels.Union(model.DataLabels).ToArray();
        var decision = PolicyEngine.Decide(policy, new PolicyRequest(
            PolicyActions.Infer, request.Purpose, labels, request.Zone, request.Zone, caller.Role, request.Task));
        var entry = new AuditEntry(
            AuditActions.Infer, AuditPhase.Intent, caller.Id, "model/" + model.Id, AuditNames.Declared(policy.Purposes.Keys, request.Purpose),
            decision is PolicyDecision.Allow ? "allow" : "deny", decision.Rule.ToLowerInvariant(), policy.Hash)
        {
            Role = caller.Role,
            Zone = AuditNames.Declared(policy.Zones.Keys, request.Zone),
            From = model.Passport is { } passport ? ["dataset/" + passport.Dataset] : null,
            Subjects = request.Subject is { } subject ? [subjects.Of(subject)] : null,
        };
        watch.Lap(out var policyMs);
        try
        {
            if (decision is PolicyDecision.Deny deny)
            {
                await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "policy" });
                return Refuse(RefusalKind.Policy, "policy", $"The policy refuses this request: {deny.Reason}.");
            }

            if (task.ImageFields.Count > 0 && Pictures.Problem((PolicyDecision.Allow)decision, request.DataLabels) is { } visible)
            {
                await audit.AppendAsync(entry with { Phase = AuditPhase.Event, Code = "pictures" });
                return new InferenceOutcome.Refused(visible);
            }

            // 3 Intent on disk, or nothing runs.
            var intent = await audit.AppendAsync(entry);
            watch.Lap(out var intentMs);

            // 4-7 Redact, ask, redact, record.
            return await AskAsync(
                request, task, model, (PolicyDecision.Allow)decision, entry with { Phase = AuditPhase.Outcome, Reference = intent.Seq },
                watch, (policyMs, intentMs), cancellationToken);
        }
        catch (AuditUnavailableException e)
        {
            return new InferenceOutcome.Failed("audit_unavailable", e.Message);
        }
    }

    private async Task<InferenceOutcome> AskAsync(
        InferenceRequest request, TaskManifest task, ModelVersion model, PolicyDecision.Allow allow, AuditEntry outcome, Stopwatches watch,
        (double Policy, double Intent) before, CancellationToken cancellationToken)
    {
        try
        {
            // 4 The model sees redacted text only.
            var redacted = request.Inputs.Select(i => RedactedRequest.Of(i, task, Redacts(allow) ? policies.Current.Redaction.For("infer.input") : null, redactor)).ToArray();
            var found = redacted.SelectMany(r => r.Found).GroupBy(f => f.Key).ToDictionary(g => g.Key, g => g.Sum(f => f.Value));
            watch.Lap(out var redactMs);

            // 5 The worker answers, under its limits.
            var outputs = await workers.AnswerAsync(
                request.Task, model.Id, () => models.ReadFiles(model), [.. redacted.Select(r => new TaskInput(r.Fields))], cancellationToken);

            // 6 A model repeats what it has seen: its words are redacted too. Places are told in the text as it came in.
            outputs = [.. outputs.Zip(redacted, (o, r) => r.Placed(RedactOutput(o, allow)))];
            watch.Lap(out var workerMs);

            // 7 Outcome on disk, or the answer stays here.
            var counts = found.ToDictionary(f => "pii." + f.Key.ToLowerInvariant(), f => (long)f.Value);
            counts["requests"] = outputs.Count;
            await audit.AppendAsync(outcome with { Code = "ok", Counts = counts, Microseconds = (long)((before.Intent + redactMs + workerMs) * 1000) });
            watch.Lap(out var outcomeMs);
            return new InferenceOutcome.Answered(
                model.Id, outputs, [.. redacted.Select(r => r.Fields)], found, new InferenceTimes(before.Policy, before.Intent, redactMs, workerMs, outcomeMs));
        }
        catch (DetectionFailedException e)
        {
            await audit.AppendAsync(outcome with { Code = "pii_unavailable" });
            return new InferenceOutcome.Failed("pii_unavailable", e.Message);
        }
        catch (WorkerException e)
        {
            await audit.AppendAsync(outcome with { Code = e.Code });
            return new InferenceOutcome.Failed(e.Code, e.Message);
        }
        catch (PictureRefusedException e)
        {
            await audit.AppendAsync(outcome with { Code = "invalid" });
            return Refuse(RefusalKind.Invalid, "invalid_picture", e.Message);
        }
        catch (InvalidDataException)
        {
            await audit.AppendAsync(outcome with { Code = "model_damaged" });
            return new InferenceOutcome.Failed(
                "model_damaged", "A file of the model does not match its hash. Roll back with: appliance model rollback TASK");
        }
        catch (OperationCanceledException)
        {
            await audit.AppendAsync(outcome with { Code = "cancelled" });
            throw;
        }
    }

    private static Refusal? Problem(InferenceRequest request, TaskManifest task)
    {
        if (request.Inputs.Count is 0 or > InputsMax)
        {
            return new Refusal(RefusalKind.Invalid, "inputs", $"A request carries 1 to {InputsMax} inputs.");
        }
        if (task.InputFields.FirstOrDefault(f => request.Inputs.Any(i => !i.ContainsKey(f))) is { } missing)
        {
            return new Refusal(RefusalKind.Invalid, "missing_field", $"The request needs a field '{missing}'.");
        }
        return request.Inputs.SelectMany(i => i.Keys).Any(f => !task.InputFields.Contains(f) && !task.OptionalFields.Contains(f))
            ? new Refusal(RefusalKind.Invalid, "unknown_field", $"The request has a field that the task does not know; it knows {string.Join(", ", task.InputFields.Concat(task.OptionalFields))}.")
            : null;
    }

    private static bool Redacts(PolicyDecision.Allow allow) => allow.Obligations.Contains(Obligations.RedactInput);

    private TaskOutput RedactOutput(TaskOutput output, PolicyDecision.Allow allow)
    {
        if (!allow.Obligations.Contains(Obligations.RedactOutput))
        {
            return output;
        }
        var pseudonyms = new Pseudonyms();
        return output with
        {
            Predictions = [.. output.Predictions.Select(p => p.Text is null ? p : p with
            {
                Text = redactor.Redact(new Sensitive<string>(p.Text), policies.Current.Redaction.For("infer.output"), pseudonyms).Text,
            })],
        };
    }

    // A task that cannot be trained may need no model at all, such as one of plain rules: its plugin's version stands in.
    private static ModelVersion? WithoutModel(PluginManifest plugin, TaskManifest task) => task.Trainable
        ? null
        : new ModelVersion($"plugin-{plugin.Id}", 0, task.Name, ModelState.Live, [], [], null, default);

    private static InferenceOutcome.Refused Refuse(RefusalKind kind, string code, string message) =>
        new(new Refusal(kind, code, message));

    private string Tasks() => string.Join(", ", workers.Plugins.SelectMany(p => p.Manifest.Tasks).Select(t => t.Name));

    private sealed class Stopwatches(TimeProvider clock)
    {
        private long _last = clock.GetTimestamp();

        internal void Lap(out double milliseconds)
        {
            milliseconds = clock.GetElapsedTime(_last).TotalMilliseconds;
            _last = clock.GetTimestamp();
        }
    }
}
