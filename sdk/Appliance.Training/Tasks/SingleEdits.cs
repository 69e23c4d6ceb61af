namespace Appliance.Training.Tasks;

/// <summary>Every way to change one operator, number or truth of a source, in languages written like C; texts and comments stay.</summary>
internal static class SingleEdits
{
    /// <summary>Of a longer list the rest is left out: what has more places than this is read by a person.</summary>
    internal const int EditsMax = 64;

    // Longest first; an operator without a replacement is there so that its parts are not taken for others.
    private static readonly (string Sign, string[] Instead)[] Signs =
    [
        (">>>", []), ("<<", []), (">>", []), ("->", []), ("=>", []), ("=+", ["+="]), ("=-", ["-="]),
        ("==", ["!="]), ("!=", ["=="]), ("<=", ["<", ">="]), (">=", [">", "<="]), ("&&", ["||"]), ("||", ["&&"]),
        ("++", ["--"]), ("--", ["++"]), ("+=", ["-="]), ("-=", ["+="]),
        ("<", ["<=", ">"]), (">", [">=", "<"]), ("+", ["-"]), ("-", ["+"]), ("!", [""]),
    ];

    private static readonly Dictionary<string, string[]> Words = new()
    {
        ["true"] = ["false"], ["false"] = ["true"], ["0"] = ["1"], ["1"] = ["0", "2"], ["2"] = ["1"],
    };

    /// <summary>The edited sources, from the first place to the last; none twice, at most <see cref="EditsMax"/>.</summary>
    internal static IReadOnlyList<string> Of(string source) =>
        [.. Places(source).Select(e => source[..e.At] + e.Instead + source[(e.At + e.Length)..]).Distinct().Take(EditsMax)];

    private static IEnumerable<(int At, int Length, string Instead)> Places(string source)
    {
        for (var at = 0; at < source.Length;)
        {
            var length = Literal(source, at);
            if (length > 0)
            {
                at += length;
                continue;
            }
            length = Word(source, at);
            string[] instead = [];
            if (length > 0)
            {
                instead = Words.GetValueOrDefault(source[at..(at + length)], []);
                if (IsCondition(source, at))
                {
                    yield return (at, 0, "!");
                }
            }
            else if (Sign(source, at) is { } sign)
            {
                (length, instead) = (sign.Sign.Length, IsOfType(source, at) ? [] : sign.Instead);
            }
            foreach (var other in instead)
            {
                yield return (at, length, other);
            }
            at += Math.Max(1, length);
        }
    }

    private static (string Sign, string[] Instead)? Sign(string source, int at)
    {
        foreach (var sign in Signs)
        {
            if (string.CompareOrdinal(source, at, sign.Sign, 0, sign.Sign.Length) == 0)
            {
                return sign;
            }
        }
        return null;
    }

    // A text between quotes, or a comment.
    private static int Literal(string source, int at)
    {
        var (open, end) = (source[at], -1);
        if (open is '"' or '\'')
        {
            for (end = at + 1; end < source.Length && source[end] != open; end++)
            {
                end += source[end] == '\\' ? 1 : 0;
            }
            return Math.Min(source.Length, end + 1) - at;
        }
        if (open == '/' && at + 1 < source.Length && source[at + 1] is '/' or '*')
        {
            var close = source[at + 1] == '*' ? "*/" : "\n";
            end = source.IndexOf(close, Math.Min(source.Length, at + 2), StringComparison.Ordinal);
            return (end < 0 ? source.Length : end + close.Length) - at;
        }
        return 0;
    }

    private static int Word(string source, int at)
    {
        var end = at;
        while (end < source.Length && (IsWord(source[end]) || (source[end] == '.' && end > at && char.IsAsciiDigit(source[at]))))
        {
            end++;
        }
        return end - at;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    // Where a condition begins, a "!" may have been lost.
    private static bool IsCondition(string source, int at)
    {
        var before = source.AsSpan(0, at).TrimEnd();
        return before.EndsWith("&&") || before.EndsWith("||") || before.EndsWith("return")
            || (before.EndsWith("(") && before[..^1].TrimEnd() is var head && (head.EndsWith("if") || head.EndsWith("while")));
    }

    // The angle of List<String>, not of i < n.
    private static bool IsOfType(string source, int at)
    {
        var (before, behind) = (at > 0 ? source[at - 1] : ' ', at + 1 < source.Length ? source[at + 1] : ' ');
        return source[at] switch
        {
            '<' => char.IsUpper(behind) || behind is '?' or '>',
            '>' => !char.IsWhiteSpace(before) && !char.IsLetterOrDigit(behind) && behind != '=',
            _ => false,
        };
    }
}
