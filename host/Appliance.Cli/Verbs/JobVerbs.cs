using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Spectre.Console;

namespace Appliance.Cli.Verbs;

/// <summary><c>train</c> and <c>job list/show/watch/cancel</c>.</summary>
internal static class JobVerbs
{
    internal static Command Train()
    {
        var recipe = new Argument<string>("recipe") { Description = "Recipe file (YAML)" };
        var dataset = new Option<string?>("--dataset") { Description = "NAME or NAME/vN: the service trains, with policy, record and gate" };
        var data = new Option<string?>("--data") { Description = "Folder of files: this process trains, without the service; base_model is a folder then" };
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "citizen-service", Description = "Declared purpose" };
        var promote = new Option<bool>("--promote") { Description = "Let the model serve when its gate passes" };
        var detach = new Option<bool>("--detach") { Description = "Return at once; watch later with: appliance job watch ID" };
        var command = new Command("train", "Fine-tune a model offline in a worker process") { recipe, dataset, data, purpose, promote, detach };
        var local = new LocalTraining();
        local.AddTo(command);
        command.Validators.Add(r => OneOf(r, dataset, data));
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var file = parsed.GetValue(recipe)!;
            if (!File.Exists(file))
            {
                throw new ApiException(ExitCodes.Usage, $"There is no recipe {file}.");
            }
            if (parsed.GetValue(data) is { } folder)
            {
                return LocalModelVerbs.Guarded(() => local.Run(parsed, file, [], folder, cancellationToken));
            }
            var job = await SubmitAsync(
                session, await File.ReadAllTextAsync(file, cancellationToken), parsed.GetValue(dataset)!, parsed.GetValue(purpose)!,
                parsed.GetValue(promote), cancellationToken);
            if (parsed.GetValue(detach))
            {
                return session.Show(job, j => Session.Say($"Queued as {j.Text("id")}. Watch it: appliance job watch {j.Text("id")}"));
            }
            return Report(session, await WatchAsync(session, job.Text("id"), cancellationToken));
        });
        return command;
    }

    private static void OneOf(System.CommandLine.Parsing.CommandResult result, Option<string?> dataset, Option<string?> data)
    {
        if ((result.GetValue(dataset) is null) == (result.GetValue(data) is null))
        {
            result.AddError("Say --dataset NAME, for the service to train on, or --data DIR, to train here without it.");
        }
    }

    internal static Command Build() => new("job", "Training jobs") { List(), ShowOne(), Watch(), Cancel() };

    internal static async Task<JsonNode> SubmitAsync(
        Session session, string recipe, string dataset, string purpose, bool promote, CancellationToken cancellationToken) =>
        (await session.Api.PostAsync("/api/jobs", new JsonObject
        {
            ["recipe"] = recipe, ["dataset"] = dataset, ["purpose"] = purpose, ["promote"] = promote,
        }, cancellationToken))!;

    /// <summary>A bar with loss, speed and time left; plain lines where the output is no terminal.</summary>
    /// <returns>The job as it ended.</returns>
    internal static async Task<JsonNode> WatchAsync(Session session, string id, CancellationToken cancellationToken)
    {
        JsonNode? ended = null;
        var events = session.Api.EventsAsync($"/api/jobs/{id}/events", cancellationToken);
        if (Console.IsErrorRedirected || Console.IsOutputRedirected)
        {
            var lastEpoch = 0.0;
            await foreach (var (name, data) in events)
            {
                ended = name == "end" ? data : ended;
                if (name == "progress" && data.At("validation_metric") is not null && data.Number("epoch") > lastEpoch)
                {
                    lastEpoch = data.Number("epoch");
                    Console.Error.WriteLine("  " + Sentence(data));
                }
            }
            return ended!;
        }
        await AnsiConsole.Progress().Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask("waiting");
            await foreach (var (name, data) in events)
            {
                ended = name == "end" ? data : ended;
                if (name == "progress")
                {
                    (bar.MaxValue, bar.Value) = (Math.Max(1, data.Number("steps_total")), data.Number("step"));
                    bar.Description = Markup.Escape(Sentence(data));
                }
            }
            bar.StopTask();
        });
        return ended!;
    }

    private static string Sentence(JsonNode p) =>
        $"epoch {p.Text("epoch")}, step {p.Text("step")} of {p.Text("steps_total")}: loss {p.Number("loss", "0.000")}" +
        (p.At("validation_metric") is null ? "" : $", validation {p.Number("validation_metric", "0.000")}") +
        $", {p.Number("examples_per_second", "0")} examples/s, {p.Number("seconds_left", "0")} s left";

    private static int Report(Session session, JsonNode job)
    {
        session.Show(job, j => Session.Say(j.Text("state") switch
        {
            "succeeded" => $"Done: model {j.Text("model")}. See it: appliance model show {j.Text("model")}",
            "failed" => "Failed: " + j.Text("problem"),
            var state => $"The job is {state}.",
        }));
        return job.Text("state") switch { "succeeded" => ExitCodes.Done, "failed" => ExitCodes.Check, _ => ExitCodes.Broken };
    }

    private static Command List()
    {
        var command = new Command("list", "All jobs");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/jobs", cancellationToken),
            reply => Session.Table(
                ["JOB", "STATE", "TASK", "DATASET", "STEP", "LOSS", "MODEL", "PROBLEM"],
                reply.AsArray().Select(j => (IReadOnlyList<string>)
                [
                    j.Text("job.id"), j.Text("job.state").ToUpperInvariant(), j.Text("job.task"), j.Text("job.dataset"),
                    j.Text("progress.step"), j.Number("progress.loss", "0.000"), j.Text("job.model"), j.Text("job.problem"),
                ]),
                "No jobs yet. Next: appliance train RECIPE --dataset NAME")));
        return command;
    }

    private static Command ShowOne() => OnJob("show", "One job with its recipe", async (session, id, cancellationToken) =>
        session.Show(await session.Api.GetAsync($"/api/jobs/{id}", cancellationToken), reply => Details.Print(reply)));

    private static Command Watch() => OnJob("watch", "Follow a job to its end", async (session, id, cancellationToken) =>
        Report(session, await WatchAsync(session, id, cancellationToken)));

    private static Command Cancel() => OnJob("cancel", "Stop a job", async (session, id, cancellationToken) => session.Show(
        await session.Api.PostAsync($"/api/jobs/{id}/cancel", new JsonObject(), cancellationToken),
        _ => Session.Say($"{id} is being stopped.")));

    private static Command OnJob(string name, string what, Func<Session, string, CancellationToken, Task<int>> work)
    {
        var id = new Argument<string>("id") { Description = "The job's id" };
        var command = new Command(name, what) { id };
        Session.Act(command, (session, parsed, cancellationToken) =>
            work(session, Uri.EscapeDataString(parsed.GetValue(id)!), cancellationToken));
        return command;
    }
}
