namespace Appliance.Domain.Privacy.Checks;

/// <summary>Digits of codes, and dates inside them.</summary>
internal static class Digits
{
    /// <summary>The digits as one number; -1 where one is none.</summary>
    internal static long Number(ReadOnlySpan<byte> digits)
    {
        var number = 0L;
        foreach (var d in digits)
        {
            if (d is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }
            number = (number * 10) + d - '0';
        }
        return number;
    }

    internal static bool AllSame(ReadOnlySpan<byte> digits) => digits.IndexOfAnyExcept(digits[0]) < 0;

    /// <summary>Whether these two digits each are a month and a day that some year has.</summary>
    internal static bool IsDay(ReadOnlySpan<byte> month, ReadOnlySpan<byte> day) => IsDay(Number(month), Number(day));

    internal static bool IsDay(long month, long day) => month is >= 1 and <= 12 && day >= 1 && day <= month switch { 2 => 29, 4 or 6 or 9 or 11 => 30, _ => 31 };
}
