using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Credentials that are one with what stands around them: a <c>curl</c> command with its authorization, a key of a shop bound to its address.</summary>
/// <remarks>A command that was pasted with a header is hidden whole: which host, whose account and the key belong together. Forms: gitleaks' rules of the same names.</remarks>
internal static class CommandSecrets
{
    private const int CommandMax = 2048, CredentialMin = 8, AppIdMin = 15, AppTokenMin = 27, AppTokenMax = 40, OptionMax = 160, PasswordMin = 4;

    private static readonly uint Command = WordHash.Of("curl"), Shop = WordHash.Of("contribsys"), WithPassword = WordHash.Of("sshpass");
    private static readonly HashSet<uint> Databases = WordHash.All("mysql mysqldump mysqladmin mariadb");

    internal static IEnumerable<uint> Awaits => [Command, Shop, WithPassword, .. Databases];

    internal static void Find(Scan scan)
    {
        Curl(scan);
        Contribsys(scan);
        Option(scan);
    }

    // mysql -u root -p'secret': the option and its value are one word; sshpass -p secret: they are two.
    private static void Option(Scan scan)
    {
        var view = scan.View;
        foreach (var k in scan.Awaited)
        {
            var token = scan.Tokens[k];
            var apart = token.Hash == WithPassword;
            if (token.After != ' ' || !(apart || Databases.Contains(token.Hash)))
            {
                continue;
            }
            var line = view[token.End..Math.Min(view.Length, token.End + OptionMax)];
            line = line.IndexOf((byte)'\n') is var stop and >= 0 ? line[..stop] : line;
            var option = line.IndexOf(" -p"u8);
            var start = option + 3 + (apart ? 1 : 0);
            if (option < 0 || start >= line.Length || line[start] == ' ' || (apart && line[start - 1] != ' '))
            {
                continue;
            }
            var quote = line[start] is (byte)'\'' or (byte)'"' ? line[start] : (byte)' ';
            start += quote == ' ' ? 0 : 1;
            var length = line[start..].IndexOf(quote);
            var value = length < 0 ? line[start..] : line.Slice(start, length);
            if (value.Length >= PasswordMin && value[0] is not ((byte)'$' or (byte)'-'))
            {
                scan.Add(EntityTypes.Secret, token.End + start, token.End + start + value.Length, 0.9f, "option");
            }
        }
    }

    // curl ... -H 'Authorization: Basic c2VjcmV0' up to the quote that closes the header
    private static void Curl(Scan scan)
    {
        var view = scan.View;
        var done = 0;
        foreach (var k in scan.Awaited)
        {
            var at = scan.Tokens[k].Start;
            if (scan.Tokens[k].Hash != Command || scan.Tokens[k].After != ' ' || at < done)
            {
                continue;
            }
            var end = CommandEnd(view, at);
            var command = view[at..end];
            var header = command.IndexOf("uthorization: "u8);
            var quote = header > 1 ? command[header - 2] : (byte)0;
            var close = quote is (byte)'"' or (byte)'\'' ? command[header..].IndexOf(quote) : -1;
            if (close > 0 && HasCredential(command.Slice(header + "uthorization: ".Length, close - "uthorization: ".Length)))
            {
                scan.Add(EntityTypes.Secret, at, at + header + close + 1, 1, "curl");
            }
            done = end;
        }
    }

    // A command goes on in the next line when a backslash ends this one.
    private static int CommandEnd(ReadOnlySpan<byte> view, int at)
    {
        var most = Math.Min(view.Length, at + CommandMax);
        for (var k = at; k < most; k++)
        {
            if (view[k] == '\n' && view[k - 1] != '\\')
            {
                return k;
            }
        }
        return most;
    }

    // Bearer TOKEN; a variable or a placeholder is none.
    private static bool HasCredential(ReadOnlySpan<byte> value)
    {
        var blank = value.LastIndexOf((byte)' ');
        var credential = value[(blank + 1)..];
        return blank > 0 && value.IndexOf("$("u8) < 0 && credential.Length >= CredentialMin && credential.IndexOfAny("${}<>[]"u8) < 0 && Bytes.Entropy(credential) > 2.5;
    }

    /// <summary>An application's number and its token: 1308742762612587|rhoK1cbv0DOU_RTX_87O4MkX7AI.</summary>
    internal static void Facebook(Scan scan)
    {
        var view = scan.View;
        for (var at = view.IndexOf((byte)'|'); at >= 0; at = Bytes.Next(view, at + 1, "|"u8))
        {
            var (start, end) = (at, at + 1);
            while (start > 0 && at - start < AppIdMin + 2 && Bytes.IsDigit(view[start - 1]))
            {
                start--;
            }
            while (end < view.Length && end - at <= AppTokenMax + 1 && (Bytes.IsWord(view[end]) || view[end] is (byte)'_' or (byte)'-'))
            {
                end++;
            }
            if (at - start is AppIdMin or AppIdMin + 1 && end - at - 1 is >= AppTokenMin and <= AppTokenMax && Bytes.Entropy(view[(at + 1)..end]) > 3)
            {
                scan.Add(EntityTypes.Secret, start, end, 0.95f, "app token");
            }
        }
    }

    // BUNDLE_ENTERPRISE__CONTRIBSYS__COM=cafebabe:deadbeef
    private static void Contribsys(Scan scan)
    {
        var view = scan.View;
        foreach (var k in scan.Awaited)
        {
            var at = scan.Tokens[k].Start - 2;
            if (scan.Tokens[k].Hash != Shop || at < 0 || !view[at..].StartsWith("__CONTRIBSYS__COM"u8))
            {
                continue;
            }
            var start = at + 17;
            while (start < view.Length && start - at < 23 && view[start] is (byte)'=' or (byte)':' or (byte)' ' or (byte)'"' or (byte)'\'')
            {
                start++;
            }
            if (start + 17 <= view.Length && view[start + 8] == ':' && IsHex(view.Slice(start, 8)) && IsHex(view.Slice(start + 9, 8)))
            {
                scan.Add(EntityTypes.Secret, start, start + 17, 0.95f, "bound to its name");
            }
        }
    }

    private static bool IsHex(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept("0123456789abcdefABCDEF"u8) < 0;
}
