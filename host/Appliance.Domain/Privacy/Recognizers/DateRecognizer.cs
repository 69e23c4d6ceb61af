using System.Text;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Dates that a calendar has: in digits in three orders, with the month's name in seven languages, with the time of ISO 8601 behind.</summary>
internal sealed class DateRecognizer : IRecognizer
{
    private const int YearMin = 1850, YearMax = 2149, BirthBack = 5;
    private static readonly CueSet Birth = CueLexicon.Group("birth");
    private static readonly Dictionary<uint, int> Months = Table.Numbers("months.tsv");

    private static readonly HashSet<uint> Years = WordHash.All("in of during since nel dal en año im seit until till before after a");
    private static readonly HashSet<uint> Weekdays = WordHash.All("monday tuesday wednesday thursday friday saturday sunday");
    private static readonly HashSet<uint> Between = WordHash.All("de del of di d le den");

    public string Name => "date";

    public Waiting Waits => Waiting.Dates;

    public IEnumerable<uint> Awaits => Weekdays;

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var next = 0;
        foreach (var digit in scan.Digits)
        {
            // A month's name stands before a number, or between two.
            var k = digit > next && tokens[digit - 1].IsWord && IsMonth(tokens[digit - 1]) && WithName(view, tokens, digit - 1) >= digit ? digit - 1 : digit;
            if (k < next)
            {
                continue;
            }
            var last = k == digit ? InDigits(scan, k) : -1;
            last = last < 0 ? WithName(view, tokens, k) : last;
            last = last < 0 ? Loose(scan, k) : last;
            if (last >= 0 && IsOfMachine(view, tokens, k, last))
            {
                next = last + 1; // when a line was logged, or a document was numbered, is nobody's data
            }
            else if (last >= 0)
            {
                var end = Time(view, tokens, last);
                var first = k == digit - 1 && k > 0 && IsSaidDay(tokens, k - 1) ? k - 1 : k;
                scan.Add(scan.Before(k, BirthBack).Has(Birth) ? EntityTypes.BirthDate : EntityTypes.Date, tokens[first].Start, end, 0.85f, "calendar");
                next = last + 1;
            }
        }
        foreach (var k in scan.Awaited)
        {
            if (scan.IsFor(k, Waits) && tokens[k].Has(Kinds.Capital) && tokens[k].Has(Kinds.Lower) && Weekdays.Contains(tokens[k].Hash))
            {
                scan.Add(EntityTypes.Date, tokens[k].Start, tokens[k].End, 0.6f, "weekday");
            }
        }
    }

    // "in 1975", "del 2001"
    private static int Loose(Scan scan, int k)
    {
        var tokens = scan.Tokens;
        if (tokens[k] is { IsNumber: true, Length: 4 } && k > 0 && tokens[k].Start - tokens[k - 1].End == 1 && scan.View[tokens[k].Start - 1] == ' ' && Years.Contains(tokens[k - 1].Hash)
            && Digits.Number(scan.View[tokens[k].Start..tokens[k].End]) is >= 1900 and <= 2049 && Bytes.At(scan.View, tokens[k].End) is not ((byte)'/' or (byte)'-' or (byte)':'))
        {
            return k;
        }
        return -1;
    }

    // 2026-03-04 10:22:31 at the beginning of a line; n. 123/2026 del 05/03/2026
    private static bool IsOfMachine(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int first, int last) =>
        (tokens[first].Has(Kinds.LineBefore) && tokens[first].Length == 4 && last + 3 < tokens.Length && tokens[last + 3] is { IsNumber: true, Length: 2 } seconds && seconds.Start - tokens[last].End == 7
            && view[seconds.Start - 1] == ':')
        || (first > 1 && tokens[first - 2] is { IsNumber: true, Length: >= 2 } && tokens[first - 1].Length == 3 && Between.Contains(tokens[first - 1].Hash) && tokens[first].Start - tokens[first - 1].End == 1
            && Bytes.At(view, tokens[first - 2].Start - 1) is (byte)'/' or (byte)' ');

    private static int InDigits(Scan scan, int k)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        if (k + 2 >= tokens.Length || !tokens[k].IsNumber || !tokens[k + 1].IsNumber || tokens[k].Length > 4 || tokens[k + 1].Length > 2
            || tokens[k + 1].Start - tokens[k].End != 1 || tokens[k + 2].Start - tokens[k + 1].End != 1)
        {
            return -1;
        }
        var (separator, third) = (view[tokens[k].End], tokens[k + 2]);
        // 2024-05-17T08:30 is one token from the day on
        var (thirdEnd, timed) = (third.Start, false);
        while (thirdEnd < third.End && Bytes.IsDigit(view[thirdEnd]))
        {
            thirdEnd++;
        }
        timed = thirdEnd < third.End && view[thirdEnd] == 'T';
        if (separator is not ((byte)'/' or (byte)'-' or (byte)'.') || view[tokens[k + 1].End] != separator || (thirdEnd < third.End && !timed) || third.Length == 0
            || Bytes.At(view, tokens[k].Start - 1) is (byte)'/' or (byte)'-' or (byte)'.' && Bytes.IsDigit(Bytes.At(view, tokens[k].Start - 2)))
        {
            return -1;
        }
        if (Bytes.At(view, third.End) == separator && Bytes.IsDigit(Bytes.At(view, third.End + 1)))
        {
            return -1;
        }
        long a = Digits.Number(view[tokens[k].Start..tokens[k].End]), b = Digits.Number(view[tokens[k + 1].Start..tokens[k + 1].End]), c = Digits.Number(view[third.Start..thirdEnd]);
        var length = thirdEnd - third.Start;
        var fits = tokens[k].Length == 4
            ? a is >= YearMin and <= YearMax && length <= 2 && (Digits.IsDay(b, c) || (separator == '/' && Digits.IsDay(c, b)))
            : tokens[k].Length <= 2 && (length == 4 ? c is >= YearMin and <= YearMax : length == 2 && (separator != '.' || scan.Before(k, BirthBack).Has(Birth))) && (Digits.IsDay(b, a) || Digits.IsDay(a, b));
        return fits ? k + 2 : -1;
    }

    // 12 marzo 2024, 12. März 2024, 12-MAR-2024, March 12th, 2024, May 2021, 17 agosto
    private static int WithName(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k)
    {
        if (tokens[k].Has(Kinds.Digit))
        {
            var at = k + 1;
            while (at < tokens.Length && at < k + 3 && Between.Contains(tokens[at].Hash) && Near(tokens, at))
            {
                at++;
            }
            if (!IsDay(view, tokens[k]) || at >= tokens.Length || !Near(tokens, at) || !IsMonth(tokens[at]))
            {
                return -1;
            }
            return Year(view, tokens, at);
        }
        if (!IsMonth(tokens[k]) || tokens[k].Length < 3 || k + 1 >= tokens.Length || !Near(tokens, k + 1))
        {
            return -1;
        }
        if (IsDay(view, tokens[k + 1]) && tokens[k].Has(Kinds.Capital))
        {
            return Year(view, tokens, k + 1);
        }
        return Year(view, tokens, k) is var year && year > k ? year : -1;
    }

    // dieci dicembre 1985
    private static bool IsSaidDay(ReadOnlySpan<Token> tokens, int at) => Near(tokens, at + 1) && NumberWords.Of(tokens[at].Hash) is >= 1 and <= 31;

    /// <summary>Whether a word is the name of a month, or short for one.</summary>
    internal static bool IsMonth(Token token) => token.Length is >= 3 and <= 12 && Months.ContainsKey(token.Hash);

    private static bool Near(ReadOnlySpan<Token> tokens, int at) => tokens[at].Start - tokens[at - 1].End <= 2 && !tokens[at].Has(Kinds.LineBefore);

    // 1, 01, 1st, 2nd, 3rd, 4th, 1o
    private static bool IsDay(ReadOnlySpan<byte> view, Token token)
    {
        var digits = token.Start;
        while (digits < token.End && Bytes.IsDigit(view[digits]))
        {
            digits++;
        }
        var suffix = view[digits..token.End];
        return digits - token.Start is 1 or 2 && Digits.Number(view[token.Start..digits]) is >= 1 and <= 31
            && (suffix.Length == 0 || suffix.SequenceEqual("st"u8) || suffix.SequenceEqual("nd"u8) || suffix.SequenceEqual("rd"u8) || suffix.SequenceEqual("th"u8) || suffix is [(byte)'o'] or [(byte)'a']);
    }

    private static int Year(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int last)
    {
        var at = last + 1;
        while (at < tokens.Length && at < last + 2 && Between.Contains(tokens[at].Hash) && Near(tokens, at))
        {
            at++;
        }
        return at < tokens.Length && Near(tokens, at) && tokens[at].IsNumber && tokens[at].Length == 4
            && Digits.Number(view[tokens[at].Start..tokens[at].End]) is >= YearMin and <= YearMax ? at : last;
    }

    // T08:30:00Z, 08:30, 10:22:31.5
    private static int Time(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int last)
    {
        var end = tokens[last].End;
        if (!view[tokens[last].Start..end].Contains((byte)'T'))
        {
            return end;
        }
        while (end < view.Length && end - tokens[last].Start < 40 && (Bytes.IsDigit(view[end]) || (view[end] is (byte)':' or (byte)'.' or (byte)'+' && Bytes.IsDigit(Bytes.At(view, end + 1))) || view[end] == 'Z'))
        {
            end++;
        }
        return end;
    }
}
