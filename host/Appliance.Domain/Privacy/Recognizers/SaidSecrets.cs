using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Passwords and PINs as people tell each other: <c>la password è Gatto!77x</c>, <c>PIN: 48213</c>.</summary>
internal static class SaidSecrets
{
    private const int WordsBetween = 3, GapMax = 4, PinMin = 4, PinMax = 8, FollowingMin = 8;
    private static readonly HashSet<uint> Names = WordHash.All("password pwd passwort contraseña passphrase parola"), Is = WordHash.All("è is ist es est era was sarà");
    private static readonly HashSet<uint> Numbers = WordHash.All("pin otp passcode");
    private static readonly uint E = WordHash.Of("e");

    internal static IEnumerable<uint> Awaits => [.. Names, .. Numbers];

    internal static void Find(Scan scan)
    {
        foreach (var k in scan.Awaited)
        {
            var hash = scan.Tokens[k].Hash;
            if (Numbers.Contains(hash))
            {
                Number(scan, k);
            }
            else if (Names.Contains(hash))
            {
                Said(scan, k);
                Following(scan, k);
            }
        }
    }

    // password del portale è X: what stands behind the verb, if no word of a language looks like it.
    private static void Said(Scan scan, int name)
    {
        var tokens = scan.Tokens;
        for (var at = name + 1; at + 1 < tokens.Length && at <= name + 1 + WordsBetween && !tokens[at].Has(Kinds.LineBefore) && tokens[at].IsWord; at++)
        {
            if (!IsVerb(scan, at))
            {
                continue;
            }
            var start = tokens[at].End;
            while (start < tokens[at].End + GapMax && Bytes.At(scan.View, start) is (byte)' ' or (byte)':' or (byte)'"' or (byte)'\'')
            {
                start++;
            }
            if (Value(scan.View, start) is { Length: > 0 } value)
            {
                scan.Add(EntityTypes.Secret, start, start + value.Length, 0.8f, "said");
            }
            return;
        }
    }

    // pwd xK9!mm3Qz: without a verb only what has capitals, small letters and digits.
    private static void Following(Scan scan, int name)
    {
        var token = scan.Tokens[name];
        if (token.After == ' ' && Value(scan.View, token.End + 1) is { Length: >= FollowingMin } value && value.IndexOfAnyInRange((byte)'A', (byte)'Z') >= 0 && value.IndexOfAnyInRange((byte)'a', (byte)'z') >= 0)
        {
            scan.Add(EntityTypes.Secret, token.End + 1, token.End + 1 + value.Length, 0.75f, "said");
        }
    }

    // Up to the next blank or quotation mark, if it is irregular and has a digit; nothing else.
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> view, int start)
    {
        var window = view[start..Math.Min(view.Length, start + NamedSecrets.ValueMax)];
        var length = window.IndexOfAny(" \n\r\t\"'"u8);
        var value = (length < 0 ? window : window[..length]).TrimEnd(".,;:)"u8);
        return NamedSecrets.IsSecret(value) && value.IndexOfAnyInRange((byte)'0', (byte)'9') >= 0 ? value : default;
    }

    private static bool IsVerb(Scan scan, int at) => Is.Contains(scan.Tokens[at].Hash) || (scan.Tokens[at].Hash == E && scan.Tokens[at].After == '\'');

    // PIN: 48213; il pin della carta è 48213
    private static void Number(Scan scan, int pin)
    {
        var tokens = scan.Tokens;
        for (var at = pin + 1; at < tokens.Length && at <= pin + 2 + WordsBetween && !tokens[at].Has(Kinds.LineBefore); at++)
        {
            if (tokens[at] is { IsNumber: true, Length: >= PinMin and <= PinMax } number)
            {
                if (IsVerb(scan, at - 1) || (at == pin + 1 && scan.View[tokens[pin].End..number.Start].IndexOfAnyExcept(" :=\""u8) < 0 && number.Start - tokens[pin].End <= GapMax))
                {
                    scan.Add(EntityTypes.Secret, number.Start, number.End, 0.7f, "pin");
                }
                return;
            }
        }
    }
}
