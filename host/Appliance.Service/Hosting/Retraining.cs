using Appliance.Domain;
using Appliance.Domain.Audit;
using Appliance.Domain.Jobs;
using Appliance.Domain.Retraining;

namespace Appliance.Service.Hosting;

/// <summary>What a tick did with one schedule.</summary>
internal sealed record ScheduleTick(string Schedule, string Result, string? Job);

/// <summary>At each tick of the timer: queues the schedules that are due. The calendar is ours, the timer is dumb.</summary>
internal sealed class Retraining(
    Paths paths, TrainingService training, IScheduleRuns runs, IAuditLog audit, JobRunner runner, IdSource ids, TimeProvider clock)
{
    internal IReadOnlyList<(Schedule? Schedule, string File, IReadOnlyList<string> Errors)> List() =>
        [.. (Directory.Exists(paths.Schedules) ? Directory.GetFiles(paths.Schedules, "*.schedule.yaml") : [])
            .Order(StringComparer.Ordinal)
            .Select(f => (Schedule.Read(File.ReadAllText(f)), Path.GetFileName(f)))
            .Select(r => (r.Item1.Schedule, r.Item2, r.Item1.Errors))];

    internal async Task<IReadOnlyList<ScheduleTick>> TickAsync(string? only, Caller caller)
    {
        var now = clock.GetUtcNow();
        var done = new List<ScheduleTick>();
        foreach (var (schedule, file, errors) in List())
        {
            if (schedule is null)
            {
                done.Add(new ScheduleTick(file, "not usable: " + string.Join("; ", errors), null));
            }
            else if (only is null ? IsDue(schedule, now) : schedule.Id == only)
            {
                done.Add(await RunAsync(schedule, now));
            }
        }
        await audit.AppendAsync(new AuditEntry(
            AuditActions.Schedule, AuditPhase.Event, caller.Id, "schedule/all", Code: "ok",
            Counts: new Dictionary<string, long> { ["due"] = done.Count(d => d.Job is not null) })
        { Role = caller.Role });
        return done;
    }

    // A schedule that never ran is not due for the past: it waits for its next time.
    private bool IsDue(Schedule schedule, DateTimeOffset now)
    {
        if (runs.LastRun(schedule.Id) is not { } last)
        {
            runs.Ran(schedule.Id, now);
            return false;
        }
        return last < schedule.LastDue(now);
    }

    private async Task<ScheduleTick> RunAsync(Schedule schedule, DateTimeOffset now)
    {
        var recipe = Path.Combine(paths.Schedules, schedule.Recipe);
        if (!File.Exists(recipe))
        {
            return new ScheduleTick(schedule.Id, $"the recipe {schedule.Recipe} is missing", null);
        }
        var result = await training.SubmitAsync(
            ids.Next("job"), await File.ReadAllTextAsync(recipe), schedule.Dataset, schedule.Purpose, schedule.Promote,
            new Caller("timer", "operator"));
        if (result.Refusal is { } refusal)
        {
            return new ScheduleTick(schedule.Id, refusal.Message, null);
        }
        runs.Ran(schedule.Id, now);
        runner.Wake();
        return new ScheduleTick(schedule.Id, "queued", result.Value!.Id);
    }
}
