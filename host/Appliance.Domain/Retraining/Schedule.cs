using System.Globalization;
using Appliance.Sdk.Yaml;

namespace Appliance.Domain.Retraining;

/// <summary>When a model is trained again by itself.</summary>
/// <param name="Recipe">File name of the recipe, in the schedules' folder.</param>
/// <param name="Dataset">Name of the dataset; its newest version is taken.</param>
/// <param name="Days">Days of the week.</param>
/// <param name="Time">Time of the day in <paramref name="Zone"/>.</param>
/// <param name="Promote">Whether a candidate that passes its gate goes live by itself.</param>
public sealed record Schedule(
    string Id, string Recipe, string Dataset, string Purpose, IReadOnlyList<DayOfWeek> Days, TimeOnly Time, TimeZoneInfo Zone,
    bool Promote)
{
    private static readonly string[] Names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    /// <summary>The last moment up to now at which the calendar asked for a run.</summary>
    /// <remarks>
    /// A time that a spring change skips counts at the first moment after the gap: a calendar expression of systemd
    /// would lose that week.
    /// </remarks>
    public DateTimeOffset LastDue(DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, Zone);
        for (var back = 0; back <= 7; back++)
        {
            var day = DateOnly.FromDateTime(local.DateTime).AddDays(-back);
            if (!Days.Contains(day.DayOfWeek))
            {
                continue;
            }
            var wanted = day.ToDateTime(Time);
            while (Zone.IsInvalidTime(wanted))
            {
                wanted = wanted.AddMinutes(15);
            }
            var due = new DateTimeOffset(wanted, Zone.GetUtcOffset(wanted));
            if (due <= now)
            {
                return due;
            }
        }
        return DateTimeOffset.MinValue;
    }

    /// <returns>The schedule, or null and at least one error.</returns>
    public static (Schedule? Schedule, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, Read);

    private static Schedule Read(FieldReader fields)
    {
        var days = fields.Texts("days");
        foreach (var _ in days.Where(d => !Names.Contains(d)))
        {
            fields.Error(fields.LineOf("days"), "days", $"must be of {string.Join(", ", Names)}");
        }
        var time = fields.Text("time");
        if (!TimeOnly.TryParseExact(time, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
        {
            fields.Error(fields.LineOf("time"), "time", "must be HH:MM, such as \"03:30\"");
        }
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(fields.Text("zone", "UTC"), out var zone))
        {
            fields.Error(fields.LineOf("zone"), "zone", "must be a time zone such as Europe/Rome");
        }
        var schedule = new Schedule(
            fields.Text("id"), fields.Text("recipe"), fields.Text("dataset"), fields.Text("purpose"),
            [.. days.Where(Names.Contains).Select(d => (DayOfWeek)Array.IndexOf(Names, d))], at, zone ?? TimeZoneInfo.Utc,
            fields.Flag("promote", false));
        if (schedule.Recipe != Path.GetFileName(schedule.Recipe))
        {
            fields.Error(fields.LineOf("recipe"), "recipe", "must be a file in the schedules' folder");
        }
        return schedule;
    }
}

/// <summary>Keeps when each schedule last ran.</summary>
public interface IScheduleRuns
{
    DateTimeOffset? LastRun(string scheduleId);

    void Ran(string scheduleId, DateTimeOffset at);
}
