using System.Buffers;
using System.Globalization;
using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Keys and passwords: by their prefix and form (<c>Tables/secrets.tsv</c>), as private keys in PEM, behind the name of a secret, inside an address.</summary>
internal sealed class SecretRecognizer : IRecognizer
{
    private const int ValueMax = NamedSecrets.ValueMax, PemMin = 100, PemMax = 16 << 10, Fence = 5;

    private static readonly SearchValues<byte> Dotted = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~"u8);
    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdefABCDEF"u8);

    // The prefix, what may follow, how many of it, how much chance at least.
    private sealed record Rule(byte[] Prefix, SearchValues<byte> Body, int Min, int Max, double Entropy);

    private static readonly Dictionary<ushort, Rule[]> Rules = Table.Lines("secrets.tsv").Select(Read).GroupBy(r => Two(r.Prefix, 0)).ToDictionary(g => g.Key, g => g.ToArray());
    private static readonly bool[] Starts = [.. Enumerable.Range(0, 65536).Select(k => Rules.ContainsKey((ushort)k))];

    // What stands before credentials in a header or a command.
    private static readonly uint Bearer = WordHash.Of("bearer"), Token = WordHash.Of("token"), Basic = WordHash.Of("basic"), U = WordHash.Of("u"), User = WordHash.Of("user"), Begin = WordHash.Of("begin");

    public string Name => "secrets";

    private static readonly HashSet<uint> Announcing = [Bearer, Token, Basic, U, User, Begin, .. CommandSecrets.Awaits, .. SaidSecrets.Awaits];

    public Waiting Waits => Waiting.Secrets;

    public IEnumerable<uint> Awaits => Announcing;

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var announced = IsAnnounced(scan);
        var done = announced ? Pem(scan) : 0;
        foreach (var k in scan.Marks)
        {
            var token = tokens[k];
            if (token.Start < done || token.Start + 1 >= view.Length)
            {
                continue;
            }
            var after = token.After;
            var end = (token.Length >= 16 || (after is (byte)'-' or (byte)'_' or (byte)'.' or (byte)':' && Bytes.At(view, token.End + 1) > ' ')) && Starts[Two(view, token.Start)] ? Prefixed(scan, token.Start) : 0;
            end = end == 0 && NamedSecrets.IsMarked(view, token.End, after) ? NamedSecrets.Before(scan, k) : end;
            done = Math.Max(done, end);
        }
        InAddress(scan);
        Marked(scan);
        CommandSecrets.Facebook(scan);
        if (announced)
        {
            BehindWord(scan);
            CommandSecrets.Find(scan);
            SaidSecrets.Find(scan);
        }
    }

    // Most texts have none of these words: they are asked once.
    private static bool IsAnnounced(Scan scan)
    {
        var tokens = scan.Tokens;
        foreach (var k in scan.Awaited)
        {
            if (scan.IsFor(k, Waiting.Secrets) && Announcing.Contains(tokens[k].Hash))
            {
                return true;
            }
        }
        return false;
    }

    // Azure: three characters, a digit, Q~ and 31 to 34 more.
    private static void Marked(Scan scan)
    {
        var view = scan.View;
        for (var at = view.IndexOf("Q~"u8); at >= 0; at = Bytes.Next(view, at + 2, "Q~"u8))
        {
            var body = view[(at + 2)..Math.Min(view.Length, at + 40)];
            var length = body.IndexOfAnyExcept(Dotted);
            length = length < 0 ? body.Length : length;
            if (at >= 4 && Bytes.IsDigit(view[at - 1]) && length is >= 31 and <= 34 && view[(at - 4)..at].IndexOfAnyExcept(Dotted) < 0)
            {
                scan.Add(EntityTypes.Secret, at - 4, at + 2 + length, 0.95f, "marked");
            }
        }
    }

    private static ushort Two(ReadOnlySpan<byte> text, int at) => (ushort)((text[at] << 8) | text[at + 1]);

    private static int Prefixed(Scan scan, int start)
    {
        var view = scan.View;
        foreach (var rule in Rules[Two(view, start)])
        {
            if (!view[start..].StartsWith(rule.Prefix))
            {
                continue;
            }
            var body = view[(start + rule.Prefix.Length)..Math.Min(view.Length, start + rule.Prefix.Length + rule.Max + 1)];
            var length = body.IndexOfAnyExcept(rule.Body);
            length = length < 0 ? body.Length : length;
            if (length >= rule.Min && length <= rule.Max && Bytes.Entropy(body[..length]) >= rule.Entropy)
            {
                var end = start + rule.Prefix.Length + length;
                if (Bytes.At(view, start - 1) == '.' && Bytes.At(view, end) == '.')
                {
                    continue; // video_box.ico-7a388b69.png: a file
                }
                scan.Add(EntityTypes.Secret, start, end, 0.95f, "prefix");
                return end;
            }
        }
        return 0;
    }

    private static int Pem(Scan scan)
    {
        var view = scan.View;
        var done = 0;
        foreach (var k in scan.Awaited)
        {
            var at = scan.Tokens[k].Start - Fence;
            if (scan.Tokens[k].Hash != Begin || at < 0 || !view[at..].StartsWith("-----BEGIN "u8))
            {
                continue;
            }
            var head = view[at..Math.Min(view.Length, at + 80)];
            if (at < done || head.IndexOf("PRIVATE KEY"u8) < 0 || view.Length - at < PemMin)
            {
                continue;
            }
            var window = view[at..Math.Min(view.Length, at + PemMax)];
            var close = window.IndexOf("-----END "u8);
            var tail = close < 0 ? -1 : window[(close + 9)..].IndexOf("-----"u8);
            done = at + (tail < 0 ? window.Length : close + 9 + tail + 5);
            scan.Add(EntityTypes.Secret, at, done, 0.99f, "pem");
        }
        return done;
    }

    // scheme://user:secret@host
    private static void InAddress(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        foreach (var k in scan.Marks)
        {
            var at = tokens[k].End;
            if (tokens[k].After != ':' || !view[at..].StartsWith("://"u8))
            {
                continue;
            }
            var window = view[(at + 3)..Math.Min(view.Length, at + 3 + 256)];
            var end = window.IndexOfAny((byte)'/', (byte)' ', (byte)'\n');
            window = end < 0 ? window : window[..end];
            var (sign, colon) = (window.LastIndexOf((byte)'@'), window.IndexOf((byte)':'));
            if (colon >= 0 && sign > colon + 3)
            {
                scan.Add(EntityTypes.Secret, at + 3 + colon + 1, at + 3 + sign, 0.92f, "in address");
            }
        }
    }

    // user:secret behind -u, Basic and Bearer
    private static void BehindWord(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        foreach (var k in scan.Awaited)
        {
            var token = tokens[k];
            var bearer = token.Hash == Bearer || (token.Hash == Token && Bytes.StandsAt(view, token.Start - 15, "authorization: "u8));
            var basic = token.Hash == Basic;
            var user = (token.Hash == U || token.Hash == User) && Bytes.At(view, token.Start - 1) == '-' && view[token.Start] == 'u';
            if (!bearer && !basic && !user)
            {
                continue;
            }
            var start = token.End;
            while (start < view.Length && start - token.End < 3 && view[start] is (byte)' ' or (byte)'=' or (byte)'"' or (byte)'\'' or (byte)':')
            {
                start++;
            }
            var window = view[start..Math.Min(view.Length, start + ValueMax)];
            var quote = Bytes.At(view, start - 1) is (byte)'"' or (byte)'\'' ? view[start - 1] : (byte)0;
            var length = quote != 0 ? window.IndexOf(quote) : window.IndexOfAny(NamedSecrets.ValueEnd);
            var value = length < 0 ? window : window[..length];
            if (user ? value.IndexOf((byte)':') is var colon and > 0 && NamedSecrets.IsSecret(value[(colon + 1)..]) : value.Length >= (basic ? 12 : 16) && Bytes.Entropy(value) > 3 && value.IndexOfAny(" {$<"u8) < 0)
            {
                scan.Add(EntityTypes.Secret, start, start + value.Length, 1, "credentials");
            }
        }
    }

    private static Rule Read(string line)
    {
        var f = line.Split('\t');
        var body = f[1] switch
        {
            "hex" => Hex,
            "upper" => SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8),
            "lower" => SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789"u8),
            "alnum" => SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8),
            "word" => SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8),
            "dotted" => Dotted,
            "base64" => SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_-"u8),
            "url" => SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_-.:@%"u8),
            _ => throw new InvalidDataException($"secrets.tsv knows no characters '{f[1]}'."),
        };
        int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
        return new Rule(Encoding.ASCII.GetBytes(f[0]), body, Number(f[2]), Number(f[3]), double.Parse(f[4], CultureInfo.InvariantCulture));
    }
}
