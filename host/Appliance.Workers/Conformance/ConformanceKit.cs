using System.Diagnostics;
using Appliance.Domain.Datasets;
using Appliance.Domain.Plugins;
using Appliance.Sdk.Conformance;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Scoring;

namespace Appliance.Workers.Conformance;

/// <summary>One thing that a plugin must do.</summary>
/// <param name="Problem">Null where it does; else what failed and what to do.</param>
/// <param name="Detail">What was measured.</param>
public sealed record ConformanceResult(string Check, string? Problem, string Detail);

/// <summary>Runs a plugin as a site would, in the sandbox, and reports what its users would find out later.</summary>
/// <param name="plugin">The one plugin of the pool.</param>
/// <param name="model">Files of a model to answer with, or of a base to learn from; empty for a plugin without one.</param>
/// <param name="watched">A second pool whose workers are watched; null where the machine cannot.</param>
/// <param name="recipe">For a trainable plugin: the recipe of a task that learns from a toy set; null to leave training out.</param>
public sealed class ConformanceKit(
    WorkerPool pool, InstalledPlugin plugin, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> model, WatchedPool? watched, Func<string, string>? recipe, TimeProvider clock)
{
    private const int Rows = 80, HeldFrom = 48, TestFrom = 64;
    private const int Requests = 1000;
    private const int Settled = 200;
    private const long GrowthMax = 16 << 20;
    private const string Sample = "The library opens at nine, and Anna was there before.";
    private static readonly string[] Hostile = ["", " ", "\0\u0001\u001b[31m", "🎉🎉 ‏שלום", new string('a', 200_000), string.Concat(Enumerable.Repeat("x ", 50_000)), "<script>", "../../etc/passwd"];
    private IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? _trained;

    /// <summary>Every check, in order; later ones run although an earlier one failed.</summary>
    public async Task<IReadOnlyList<ConformanceResult>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<ConformanceResult>();
        foreach (var task in plugin.Manifest.Tasks)
        {
            (string Name, Func<Task<string>> Run)[] checks =
            [
                ("trains, and its saved model gives the same answers again", () => TrainAsync(task, cancellationToken)),
                ("answers with scores from 0 to 1 and places inside the text", () => AnswerAsync(task, cancellationToken)),
                ("gives the same answer again, also in a new process", () => RepeatAsync(task, cancellationToken)),
                ("refuses a request without its field, in words, and lives on", () => MissingAsync(task, cancellationToken)),
                ("survives empty, long, strange and hostile texts", () => HostileAsync(task, cancellationToken)),
                ("keeps its memory over a thousand requests", () => LeakAsync(task, cancellationToken)),
                ("tries no network, no program and no file outside its scratch", () => WatchAsync(task, cancellationToken)),
            ];
            foreach (var (name, run) in task.Trainable ? checks : checks[1..])
            {
                results.Add(await TryAsync($"{task.Name}: {name}", run));
            }
        }
        return results;
    }

    private static async Task<ConformanceResult> TryAsync(string name, Func<Task<string>> run)
    {
        try
        {
            return new ConformanceResult(name, null, await run());
        }
        catch (Exception e) when (e is ConformanceException or WorkerException)
        {
            return new ConformanceResult(name, e.Message, "");
        }
    }

    private async Task<string> TrainAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        if (recipe is null)
        {
            throw new ConformanceException("The manifest says trainable, and there is no base to learn from: say --base DIR.");
        }
        StoredRow[] rows = [.. ToyRows.Of(task, Rows).Select((r, k) => new StoredRow(
            $"r{k}", r.Input.Fields, r.Label, k < HeldFrom ? Split.Train : k < TestFrom ? Split.Validation : Split.Test))];
        var start = clock.GetTimestamp();
        var trained = await pool.TrainAsync(
            new TrainingOrder("conformance", recipe(task.Name), task.Name, model, ToyRows.Labels(task), rows, null), _ => { }, _ => { }, cancellationToken);
        StoredRow[] test = [.. rows.Where(r => r.Split == Split.Test)];
        var again = await pool.EvaluateAsync(task.Name, trained.Files, [.. test.Select(r => new TaskInput(r.Fields))], cancellationToken);
        if (!again.Zip(trained.TestAnswers).All(p => p.First.Predictions.SequenceEqual(p.Second.Predictions)))
        {
            throw new ConformanceException("The saved model gives other answers than the trained one: save everything that an answer depends on.");
        }
        _trained = trained.Files;
        var right = again.Zip(test).Count(p => RowScore.For(task.Answer, p.Second.Fields[task.About], p.Second.Label, p.First.Predictions).Right);
        return $"{clock.GetElapsedTime(start).TotalSeconds:0.0} s, {right} of {test.Length} toy rows right";
    }

    private async Task<string> AnswerAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        var output = await AskAsync(task, Sample, cancellationToken);
        var bad = output.Predictions.FirstOrDefault(p => p.Score is not (>= 0 and <= 1) || p.Start < 0 || p.End > Sample.Length || p.Start > p.End);
        return output.Predictions.Count == 0 && task.Answer != AnswerKind.Spans ? throw new ConformanceException("It answered with nothing: give at least one prediction.")
            : bad is not null ? throw new ConformanceException($"The prediction '{bad.Label}' has a score or a place out of range.")
            : $"{output.Predictions.Count} predictions";
    }

    private async Task<string> RepeatAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        var (first, second) = (await AskAsync(task, Sample, cancellationToken), await AskAsync(task, Sample, cancellationToken));
        await pool.RecycleAsync(task.Name);
        var third = await AskAsync(task, Sample, cancellationToken);
        return first.Predictions.SequenceEqual(second.Predictions) && first.Predictions.SequenceEqual(third.Predictions)
            ? "three equal answers"
            : throw new ConformanceException("The same question got different answers: fix every seed, keep nothing from request to request.");
    }

    private async Task<string> MissingAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        if (task.InputFields.Count == 0)
        {
            return "no field is required";
        }
        try
        {
            await AskAsync(task, null, cancellationToken);
        }
        catch (WorkerException e) when (e.Code == "invalid")
        {
            await AskAsync(task, Sample, cancellationToken);
            return e.Message;
        }
        throw new ConformanceException("A request without its field was answered: throw ArgumentException, as TaskInput's indexer does.");
    }

    private async Task<string> HostileAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        var refused = 0;
        foreach (var text in Hostile)
        {
            try
            {
                await AskAsync(task, text, cancellationToken);
            }
            catch (WorkerException e) when (e.Code == "invalid")
            {
                refused++;
            }
            catch (WorkerException e)
            {
                throw new ConformanceException($"A text of {text.Length} characters ended in {e.Code}: answer it, or throw ArgumentException.");
            }
        }
        return $"{Hostile.Length - refused} answered, {refused} refused in words";
    }

    private async Task<string> LeakAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        var (times, before) = (new List<double>(), 0L);
        for (var k = 0; k < Requests; k++)
        {
            var start = Stopwatch.GetTimestamp();
            await AskAsync(task, Sample, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            before = k == Settled ? pool.MemoryOf(task.Name) : before;
        }
        times.Sort();
        var grown = pool.MemoryOf(task.Name) - before;
        return grown <= GrowthMax
            ? $"{grown / 1024} KiB more after {Requests - Settled} requests; p50 {times[Requests / 2]:0.00} ms, p99 {times[Requests * 99 / 100]:0.00} ms"
            : throw new ConformanceException($"{grown >> 20} MiB more after {Requests - Settled} requests: use a dispose scope for each request.");
    }

    // In a worker of its own: a watched process is slow, and would spoil the other figures.
    private async Task<string> WatchAsync(TaskManifest task, CancellationToken cancellationToken)
    {
        if (watched is null)
        {
            return "not watched: install strace, and use bubblewrap";
        }
        foreach (var text in Hostile.Take(2).Append(Sample))
        {
            try
            {
                await watched.Pool.AnswerAsync(task.Name, "conformance", () => _trained ?? model, [new TaskInput(FieldsOf(task, text))], cancellationToken);
            }
            catch (WorkerException e) when (e.Code is "invalid")
            {
                // refused in words, which another check looks at
            }
        }
        await watched.Pool.RecycleAsync(task.Name);
        var attempts = watched.Attempts(plugin);
        return attempts.Count == 0
            ? "every open, socket and program of a worker's life was looked at"
            : throw new ConformanceException($"It tried {string.Join(", ", attempts)}: a site's sandbox refuses that. Read from the package, write to the scratch, ask nobody.");
    }

    private static Dictionary<string, string> FieldsOf(TaskManifest task, string text) =>
        task.InputFields.ToDictionary(f => f, f => task.ImageFields.Contains(f) && text == Sample ? ToyRows.Picture(0) : text);

    private async Task<TaskOutput> AskAsync(TaskManifest task, string? text, CancellationToken cancellationToken)
    {
        var fields = text is null ? [] : FieldsOf(task, text);
        return (await pool.AnswerAsync(task.Name, "conformance", () => _trained ?? model, [new TaskInput(fields)], cancellationToken))[0];
    }
}

/// <summary>A check that failed, in words for the plugin's maker.</summary>
public sealed class ConformanceException(string message) : Exception(message);
