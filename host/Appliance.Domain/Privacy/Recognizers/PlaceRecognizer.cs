using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Coordinates (latitude and longitude with four decimals or more), UUIDs, and names of users behind their label or an @.</summary>
internal sealed class PlaceRecognizer : IRecognizer
{
    private const int DecimalsMin = 4, UserMin = 3, UserMax = 40;
    private static readonly CueSet User = CueLexicon.Group("user");

    public string Name => "place";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var next = 0;
        foreach (var k in scan.Digits)
        {
            if (k > 0 && tokens[k - 1] is { IsWord: true, Length: >= 4 and <= 10 } word && word.After == ' ' && scan.CueOf(k - 1).Has(User))
            {
                Named(scan, k - 1);
            }
            if (k < next || !tokens[k].IsNumber || k + 3 >= tokens.Length)
            {
                continue;
            }
            if (Degrees(view, tokens, k, 90) && Degrees(view, tokens, k + 2, 180)
                && tokens[k + 2].Start - tokens[k + 1].End <= 3 && view[tokens[k + 1].End] is (byte)',' or (byte)';' or (byte)' ')
            {
                var start = tokens[k].Start - (Bytes.At(view, tokens[k].Start - 1) == '-' ? 1 : 0);
                scan.Add(EntityTypes.Coordinates, start, tokens[k + 3].End, 0.85f, "degrees");
                next = k + 4;
            }
        }
        foreach (var k in scan.Marks)
        {
            if (tokens[k].Length == 8 && tokens[k].After == '-' && k + 4 < tokens.Length && Bytes.At(view, tokens[k].End) == '-' && tokens[k + 4].End - tokens[k].Start == 36 && IsUuid(view[tokens[k].Start..tokens[k + 4].End]))
            {
                scan.Add(EntityTypes.Uuid, tokens[k].Start, tokens[k + 4].End, 0.9f, "uuid");
            }
            else if (tokens[k].IsWord && tokens[k].Length is >= 4 and <= 10 && scan.CueOf(k).Has(User))
            {
                Named(scan, k);
            }
        }
    }

    private static bool Degrees(ReadOnlySpan<byte> view, ReadOnlySpan<Token> tokens, int k, int most) =>
        tokens[k].IsNumber && tokens[k].Length <= 3 && tokens[k + 1].IsNumber && tokens[k + 1].Length is >= DecimalsMin and <= 10
        && tokens[k + 1].Start - tokens[k].End == 1 && view[tokens[k].End] == '.' && Checks.Digits.Number(view[tokens[k].Start..tokens[k].End]) <= most;

    private static bool IsUuid(ReadOnlySpan<byte> text)
    {
        for (var k = 0; k < 36; k++)
        {
            if (k is 8 or 13 or 18 or 23 ? text[k] != '-' : !Bytes.IsHex(text[k]))
            {
                return false;
            }
        }
        return true;
    }

    // User: Eve Magrath; User: 5586 Main Street. What somebody says, not what they are called here.
    private static bool IsSomethingElse(ReadOnlySpan<byte> view, int start, int end) => Bytes.At(view, end) == ' ' && Capital(Bytes.At(view, end + 1))
        && (view[start..end].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 || (Capital(view[start]) && view[(start + 1)..end].IndexOfAny("0123456789_"u8) < 0));

    private static bool Capital(byte b) => b >= 0x80 || char.IsAsciiLetterUpper((char)b);

    // username: mrossi, user=mrossi, login "mrossi"
    private static void Named(Scan scan, int token)
    {
        var view = scan.View;
        var at = scan.Tokens[token].End;
        while (at < view.Length && at - scan.Tokens[token].End < 4 && view[at] is (byte)'"' or (byte)'\'' or (byte)' ')
        {
            at++;
        }
        if (token + 1 < scan.TokenCount && scan.Tokens[token + 1] is var next && next.Start == at && next.Has(Kinds.Digit) && next.Has(Kinds.Lower) && next.Length >= 5)
        {
            scan.Add(EntityTypes.Username, next.Start, next.End, 0.6f, "named"); // utente mrossi42
            return;
        }
        if (Bytes.At(view, at) is not ((byte)'=' or (byte)':') || Bytes.At(view, at + 1) == '/')
        {
            return;
        }
        var start = at + 1;
        while (start < view.Length && start - at < 4 && view[start] is (byte)'"' or (byte)'\'' or (byte)' ')
        {
            start++;
        }
        var end = start;
        while (end < view.Length && end - start < UserMax && (Bytes.IsWord(view[end]) || (view[end] is (byte)'.' or (byte)'_' or (byte)'-' && Bytes.IsWord(Bytes.At(view, end + 1)))))
        {
            end++;
        }
        if (IsSomethingElse(view, start, end))
        {
            return;
        }
        if (end - start >= UserMin && view[end..].Length is var left && (left == 0 || view[end] != '@'))
        {
            scan.Add(EntityTypes.Username, start, end, 0.65f, "named");
        }
    }
}
