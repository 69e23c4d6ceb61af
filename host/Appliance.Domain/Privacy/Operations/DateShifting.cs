using System.Buffers.Binary;
using System.Globalization;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Moves dates by a number of days that belongs to the subject: what lies between two dates stays as it was.</summary>
internal static class DateShifting
{
    private const int DaysMax = 365;
    private static readonly string[] Formats = ["dd/MM/yyyy", "d/M/yyyy", "dd-MM-yyyy", "d-M-yyyy", "dd.MM.yyyy", "d.M.yyyy", "yyyy-MM-dd", "yyyy/MM/dd", "MM/dd/yyyy"];

    // Names of each month; the same language at the same place.
    private static readonly string[][] Months = [.. Table.Lines("months.tsv").Select(l => l.Split('\t')[1].Split(' '))];

    /// <summary>The date in the form that it had; its year alone where the form is not known.</summary>
    internal static string Shift(string type, string value, RedactionKeys keys, string subject)
    {
        var days = Days(keys, subject);
        foreach (var format in Formats)
        {
            if (DateOnly.TryParseExact(value, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && Moved(date, days) is { } moved)
            {
                return moved.ToString(format, CultureInfo.InvariantCulture);
            }
        }
        return Named(value, days) ?? Generalising.Of(type, value);
    }

    // 3 aprile 2021
    private static string? Named(string value, int days)
    {
        if (value.Split(' ') is not [var day, var month, var year] || Array.FindIndex(Months, m => m.Contains(month, StringComparer.OrdinalIgnoreCase)) is var at && at < 0
            || !DateOnly.TryParseExact($"{day} {at + 1} {year}", "d M yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || Moved(date, days) is not { } moved)
        {
            return null;
        }
        var language = Array.FindIndex(Months[at], m => m.Equals(month, StringComparison.OrdinalIgnoreCase));
        var names = Months[moved.Month - 1];
        return $"{moved.Day} {names[Math.Min(language, names.Length - 1)]} {moved.Year}";
    }

    private static DateOnly? Moved(DateOnly date, int days) =>
        date.DayNumber + days is >= 0 and var day && day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber(day) : null;

    // From -365 to 365, never 0.
    internal static int Days(RedactionKeys keys, string subject)
    {
        var drawn = (int)(BinaryPrimitives.ReadUInt32BigEndian(keys.Draw("date", subject, 0)) % (2 * DaysMax));
        return drawn < DaysMax ? drawn - DaysMax : drawn - DaysMax + 1;
    }
}
