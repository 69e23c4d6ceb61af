using Appliance.Domain.Retraining;

namespace Appliance.Storage;

/// <inheritdoc cref="IScheduleRuns" />
public sealed class ScheduleRunStore(StateStore store) : IScheduleRuns
{
    public DateTimeOffset? LastRun(string scheduleId) => store.Read(db => db.Query<DateTimeOffset?>(
        "SELECT at_ms FROM schedule_run WHERE id = $id", r => DateTimeOffset.FromUnixTimeMilliseconds(r.GetInt64(0)),
        ("$id", scheduleId)).FirstOrDefault());

    public void Ran(string scheduleId, DateTimeOffset at) => store.Write(db => db.Execute(
        "INSERT INTO schedule_run (id, at_ms) VALUES ($id, $at) ON CONFLICT (id) DO UPDATE SET at_ms = $at",
        ("$id", scheduleId), ("$at", at.ToUnixTimeMilliseconds())));
}
