using System.Buffers;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Secrets behind their name: <c>password = ...</c>, <c>"api_key": "..."</c>.</summary>
internal static class NamedSecrets
{
    internal const int ValueMax = 512;
    private const int ValueMin = 6;
    private const float Certain = 0.93f, BareKey = 0.8f;
    private const double EntropyMin = 2.2, LongEntropyMin = 3.1;
    private static readonly CueSet Secret = CueLexicon.Group("secret"), Passport = CueLexicon.Group("passport");

    /// <summary>What ends a value that has no quotation marks.</summary>
    internal static readonly SearchValues<byte> ValueEnd = SearchValues.Create(" \n\r\t\"'`,;<>()[]{}&|"u8);

    private static readonly SearchValues<byte> NameEnd = SearchValues.Create("= \n\r\t\"'`,;<>()[]{}&|"u8);

    /// <summary>Whether = or : follows, perhaps behind a quotation mark.</summary>
    internal static bool IsMarked(ReadOnlySpan<byte> view, int at, byte after)
    {
        if (after is not ((byte)'=' or (byte)':' or (byte)' ' or (byte)'"' or (byte)'\'' or (byte)']'))
        {
            return false;
        }
        for (var k = at; k < at + 4; k++)
        {
            if (Bytes.At(view, k) is (byte)'=' or (byte)':')
            {
                return true;
            }
            if (Bytes.At(view, k) is not ((byte)' ' or (byte)'"' or (byte)'\'' or (byte)']'))
            {
                return false;
            }
        }
        return false;
    }

    /// <summary>Where the secret ends whose name is the word before the mark, or one of the three before that; 0 for none.</summary>
    internal static int Before(Scan scan, int token)
    {
        for (var k = token; k >= 0 && k > token - 4 && (k == token || scan.Tokens[k + 1].Start - scan.Tokens[k].End == 1); k--)
        {
            if (scan.Tokens[k] is { IsWord: true, Length: <= 24 } && Named(scan, k) is var end and > 0)
            {
                return end;
            }
        }
        return 0;
    }

    // password = "...", api_key: ..., -p ..., "secret": "..."
    private static int Named(Scan scan, int token)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        if (!scan.CueOf(token).Has(Secret) && (scan.CueOf(token).Has(Passport) || !EndsAsSecret(view[tokens[token].Start..tokens[token].End])))
        {
            return 0;
        }
        var at = tokens[token].End;
        // The rest of the name: api_key_2, "secret-token", AccessKeyId
        for (var rest = token + 1; rest < tokens.Length && rest < token + 4 && tokens[rest].Start - at == 1 && view[at] is (byte)'_' or (byte)'-' or (byte)'.'; rest++)
        {
            at = tokens[rest].End;
        }
        var mark = at;
        for (var rest = token + 1; rest < tokens.Length && rest < token + 4 && tokens[rest] is { IsWord: true } && tokens[rest].Start - at == 1 && view[at] == ' '; rest++)
        {
            mark = at = view[tokens[rest].End..].Length > 0 && view[tokens[rest].End] is (byte)':' or (byte)' ' ? tokens[rest].End : at; // password del portale:
        }
        while (mark < view.Length && mark - at < 4 && view[mark] is (byte)' ' or (byte)'"' or (byte)'\'' or (byte)']')
        {
            mark++;
        }
        if (mark >= view.Length || view[mark] is not ((byte)'=' or (byte)':'))
        {
            return 0;
        }
        while (mark < view.Length && mark - at < 10 && view[mark] is (byte)'=' or (byte)':' or (byte)'>' or (byte)' ' or (byte)'"' or (byte)'\'' or (byte)'`' or (byte)'|')
        {
            mark++;
        }
        var window = view[mark..Math.Min(view.Length, mark + ValueMax)];
        var quote = view[mark - 1] is (byte)'"' or (byte)'\'' or (byte)'`' ? view[mark - 1] : (byte)0;
        var length = quote != 0 && window.IndexOf(quote) is var close and >= 0 && window[..close].IndexOf((byte)'\n') < 0 ? close : Unquoted(window);
        var value = window[..length].TrimEnd(". "u8);
        if (!IsSecret(value))
        {
            return 0;
        }
        scan.Add(EntityTypes.Secret, mark, mark + value.Length, IsBareKey(scan, token) ? BareKey : Certain, "named");
        return mark + value.Length;
    }

    // Up to the next sign that ends a value; & ends it only where another name and an equals sign follow: p=x&q=y, but not p=Tr0ub4dor&3.
    private static int Unquoted(ReadOnlySpan<byte> window)
    {
        var length = 0;
        while (true)
        {
            var stop = window[length..].IndexOfAny(ValueEnd);
            length = stop < 0 ? window.Length : length + stop;
            if (length == window.Length || window[length] != '&' || length + 1 == window.Length)
            {
                return length;
            }
            var next = window[(length + 1)..].IndexOfAny(NameEnd);
            if (next >= 0 && window[length + 1 + next] == '=')
            {
                return length;
            }
            length++;
        }
    }

    // key: mario@example.it may be the key of a table: what the value is by its own form is surer.
    private static bool IsBareKey(Scan scan, int token) => Bytes.StandsAt(scan.View, scan.Tokens[token].Start, "key"u8) && scan.Tokens[token].Length == 3
        && !(token > 0 && scan.Tokens[token].Start - scan.Tokens[token - 1].End == 1);

    // accessKey, OktaApiToken
    private static bool EndsAsSecret(ReadOnlySpan<byte> word) => word.Length >= 6 && (word[^1] | 0x20) is 'y' or 'n' or 't' or 'd' or 's'
        && (Bytes.StandsAt(word, word.Length - 3, "key"u8) || Bytes.StandsAt(word, word.Length - 5, "token"u8) || Bytes.StandsAt(word, word.Length - 6, "secret"u8)
            || Bytes.StandsAt(word, word.Length - 8, "password"u8) || Bytes.StandsAt(word, word.Length - 6, "passwd"u8) || Bytes.StandsAt(word, word.Length - 3, "pwd"u8) || Bytes.StandsAt(word, word.Length - 4, "pass"u8));

    /// <summary>Whether a value is too irregular for a word, a path or a variable's name.</summary>
    internal static bool IsSecret(ReadOnlySpan<byte> value)
    {
        if (value.Length < ValueMin || value.IndexOf(" "u8) >= 0 || value[0] is (byte)'$' or (byte)'<' or (byte)'%' or (byte)'*' || value.IndexOfAny("(){}"u8) >= 0)
        {
            return false;
        }
        var (digits, letters, others, upper) = (0, 0, 0, 0);
        foreach (var b in value)
        {
            upper += b is >= (byte)'A' and <= (byte)'Z' ? 1 : 0;
            (digits, letters, others) = (digits + (Bytes.IsDigit(b) ? 1 : 0), letters + (char.IsAsciiLetter((char)b) ? 1 : 0), others + (Bytes.IsWord(b) || b is (byte)'_' or (byte)'-' or (byte)'.' ? 0 : 1));
        }
        // A word of a language, a path, a variable's name are none; a digit or a sign among letters makes a password.
        return (digits > 0 || others > 0 || (value.Length >= 12 && upper > 2 && upper < letters - 2)) && (letters > 0 || value.Length >= 8) && Bytes.Entropy(value) >= (value.Length >= 16 ? LongEntropyMin : EntropyMin)
            && value.IndexOf("://"u8) < 0 && value[0] != '/';
    }
}
