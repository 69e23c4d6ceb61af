using System.Buffers.Binary;
using System.Globalization;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Moves dates by a number of days that belongs to the subject: what lies between two dates stays as it was.</summary>
internal static class DateShifting
{
    private const int DaysMax = 365;
    private static readonly string[] Formats =
    [
        "dd/MM/yyyy", "d/M/yyyy", "dd-MM-yyyy", "d-M-yyyy", "dd.MM.yyyy", "d.M.yyyy", "yyyy-MM-dd", "yyyy/MM/dd", "d MMMM yyyy", "dd MMMM yyyy", "MMMM d, yyyy", "d MMM yyyy", "MM/dd/yyyy",
    ];

    private static readonly CultureInfo[] Languages = [.. new[] { "", "it", "es", "fr", "de" }.Select(CultureInfo.GetCultureInfo)];

    /// <summary>The date in the form that it had; its year alone where the form is not known.</summary>
    internal static string Shift(string type, string value, RedactionKeys keys, string subject)
    {
        var days = Days(keys, subject);
        foreach (var language in Languages)
        {
            foreach (var format in Formats)
            {
                if (DateOnly.TryParseExact(value, format, language, DateTimeStyles.None, out var date) && date.DayNumber + days is >= 0 and var day && day <= DateOnly.MaxValue.DayNumber)
                {
                    return DateOnly.FromDayNumber(day).ToString(format, language);
                }
            }
        }
        return Generalising.Of(type, value);
    }

    // From -365 to 365, never 0.
    internal static int Days(RedactionKeys keys, string subject)
    {
        var drawn = (int)(BinaryPrimitives.ReadUInt32BigEndian(keys.Draw("date", subject, 0)) % (2 * DaysMax));
        return drawn < DaysMax ? drawn - DaysMax : drawn - DaysMax + 1;
    }
}
