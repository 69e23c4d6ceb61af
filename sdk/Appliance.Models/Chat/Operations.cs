namespace Appliance.Models.Chat;

/// <summary>What Python's operators, members and methods do to a template's values.</summary>
internal static class Operations
{
    private const int TextMax = 16 << 20; // a template must not multiply itself into all memory

    private static readonly HashSet<string> Methods =
    [
        "strip", "lstrip", "rstrip", "split", "startswith", "endswith", "upper", "lower", "title", "capitalize", "replace", "join", "find",
        "get", "items", "keys", "values", "append", "format", "count", "isdigit",
    ];

    internal static bool IsMethod(string name) => Methods.Contains(name);

    internal static object? Arithmetic(string op, object? a, object? b, int line) => (op, a, b) switch
    {
        ("~", _, _) => Bounded(Values.Print(a) + Values.Print(b), line),
        ("+", string x, string y) => Bounded(x + y, line),
        ("+", List<object?> x, List<object?> y) => x.Concat(y).ToList(),
        ("*", string x, long n) => Bounded(n <= 0 ? "" : x.Length * n > TextMax ? throw TooLong(line) : string.Concat(Enumerable.Repeat(x, (int)n)), line),
        ("+", long x, long y) => x + y,
        ("-", long x, long y) => x - y,
        ("*", long x, long y) => x * y,
        ("%", long x, long y) when y != 0 => ((x % y) + y) % y,
        ("//", long x, long y) when y != 0 => (long)Math.Floor((double)x / y),
        (_, long or double or bool, long or double or bool) => Real(op, Values.Number(a), Values.Number(b), line),
        _ => throw new ChatTemplateException(line, $"'{op}' stands between values that it does not fit"),
    };

    internal static bool Contains(object? where, object? what, int line) => where switch
    {
        string s => what is string part && s.Contains(part, StringComparison.Ordinal),
        Dictionary<string, object?> map => what is string key && map.ContainsKey(key),
        List<object?> list => list.Exists(v => Values.Same(v, what)),
        Undefined or null => false,
        _ => throw new ChatTemplateException(line, "'in' needs a text, a list or a dictionary"),
    };

    internal static object? Member(object? value, string name) =>
        value is Dictionary<string, object?> map && map.TryGetValue(name, out var found) ? found : Undefined.Value;

    internal static object? Item(object? value, object? key) => (value, key) switch
    {
        (Dictionary<string, object?> map, string name) => map.TryGetValue(name, out var found) ? found : Undefined.Value,
        (List<object?> list, long k) => At(list.Count, k) is { } at ? list[at] : Undefined.Value,
        (string s, long k) => s.EnumerateRunes().ToArray() is var runes && At(runes.Length, k) is { } at ? runes[at].ToString() : Undefined.Value,
        _ => Undefined.Value,
    };

    internal static object? Slice(object? value, object? first, object? last, object? step, int line)
    {
        if (value is not (string or List<object?>))
        {
            throw new ChatTemplateException(line, "only a text or a list can be sliced");
        }
        var items = value is string s ? s.EnumerateRunes().Select(r => (object?)r.ToString()).ToList() : (List<object?>)value;
        var by = step is long n ? n : 1;
        if (by == 0)
        {
            throw new ChatTemplateException(line, "a slice's step is 0");
        }
        long Bound(object? bound, long fallback) => bound is long b
            ? Math.Clamp(b < 0 ? b + items.Count : b, by < 0 ? -1 : 0, by < 0 ? items.Count - 1 : items.Count) : fallback;
        var (from, to) = by > 0 ? (Bound(first, 0), Bound(last, items.Count)) : (Bound(first, items.Count - 1), Bound(last, -1));
        var part = new List<object?>();
        for (var k = from; by > 0 ? k < to : k > to; k += by)
        {
            part.Add(items[(int)k]);
        }
        return value is string ? string.Concat(part) : part;
    }

    internal static object? Method(object? value, string name, IReadOnlyList<object?> a, int line)
    {
        string Argument(int k) => a.Count > k && a[k] is string s ? s : throw new ChatTemplateException(line, $"'{name}' needs a text");
        return (value, name) switch
        {
            (string s, "strip") => a.Count > 0 ? s.Trim(Argument(0).ToCharArray()) : s.Trim(),
            (string s, "lstrip") => a.Count > 0 ? s.TrimStart(Argument(0).ToCharArray()) : s.TrimStart(),
            (string s, "rstrip") => a.Count > 0 ? s.TrimEnd(Argument(0).ToCharArray()) : s.TrimEnd(),
            (string s, "split") => Split(s, a, line),
            (string s, "startswith") => a[0] is List<object?> any ? any.Exists(x => s.StartsWith((string)x!, StringComparison.Ordinal)) : s.StartsWith(Argument(0), StringComparison.Ordinal),
            (string s, "endswith") => a[0] is List<object?> any ? any.Exists(x => s.EndsWith((string)x!, StringComparison.Ordinal)) : s.EndsWith(Argument(0), StringComparison.Ordinal),
            (string s, "upper") => s.ToUpperInvariant(),
            (string s, "lower") => s.ToLowerInvariant(),
            (string s, "title") => Filters.Title(s),
            (string s, "capitalize") => Filters.Capitalised(s),
            (string s, "replace") => Argument(0).Length == 0 ? s : Bounded(s.Replace(Argument(0), Argument(1), StringComparison.Ordinal), line),
            (string s, "join") => Bounded(string.Join(s, Values.Items(a[0], line).Select(Values.Print)), line),
            (string s, "find") => (long)s.IndexOf(Argument(0), StringComparison.Ordinal),
            (string s, "count") => (long)(s.Split(Argument(0)).Length - 1),
            (string s, "isdigit") => s.Length > 0 && s.All(char.IsDigit),
            (Dictionary<string, object?> map, "get") => map.TryGetValue(Argument(0), out var found) ? found : a.Count > 1 ? a[1] : null,
            (Dictionary<string, object?> map, "items") => map.Select(p => (object?)new List<object?> { p.Key, p.Value }).ToList(),
            (Dictionary<string, object?> map, "keys") => map.Keys.Select(k => (object?)k).ToList(),
            (Dictionary<string, object?> map, "values") => map.Values.ToList(),
            (List<object?> list, "append") => Append(list, a[0]),
            _ => throw new ChatTemplateException(line, $"'{name}' is called on a value that does not have it"),
        };
    }

    /// <summary>A test such as "is defined"; null where it is not known.</summary>
    internal static Func<object?, object?, bool>? Test(string name) => name switch
    {
        "defined" => (v, _) => v is not Undefined,
        "undefined" => (v, _) => v is Undefined,
        "none" => (v, _) => v is null,
        "string" => (v, _) => v is string,
        "mapping" => (v, _) => v is Dictionary<string, object?>,
        "iterable" or "sequence" => (v, _) => v is string or List<object?> or Dictionary<string, object?>,
        "number" => (v, _) => v is long or double or bool,
        "integer" => (v, _) => v is long,
        "float" => (v, _) => v is double,
        "boolean" => (v, _) => v is bool,
        "true" => (v, _) => v is true,
        "false" => (v, _) => v is false,
        "callable" => (v, _) => v is Callable,
        "odd" => (v, _) => v is long n && n % 2 != 0,
        "even" => (v, _) => v is long n && n % 2 == 0,
        "equalto" or "eq" or "sameas" => Values.Same,
        "ne" => (v, x) => !Values.Same(v, x),
        "in" => (v, x) => Contains(x, v, 0),
        "divisibleby" => (v, x) => v is long a && x is long b && b != 0 && a % b == 0,
        _ => null,
    };

    internal static string Bounded(string text, int line) => text.Length <= TextMax ? text : throw TooLong(line);

    private static ChatTemplateException TooLong(int line) => new(line, "the text grows beyond 16 million characters");

    private static int? At(int count, long k) => (k < 0 ? k + count : k) is var at && at >= 0 && at < count ? (int)at : null;

    private static object Real(string op, double x, double y, int line) => op switch
    {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" when y != 0 => x / y,
        "//" when y != 0 => Math.Floor(x / y),
        _ => throw new ChatTemplateException(line, "a division by zero"),
    };

    private static List<object?> Split(string text, IReadOnlyList<object?> a, int line)
    {
        if (a.Count == 0 || a[0] is null)
        {
            return [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        }
        var separator = a[0] is string { Length: > 0 } s ? s : throw new ChatTemplateException(line, "'split' needs a text that is not empty");
        return [.. a.Count > 1 && a[1] is long max and >= 0 ? text.Split(separator, (int)Math.Min(max, int.MaxValue - 1) + 1) : text.Split(separator)];
    }

    private static object? Append(List<object?> list, object? item)
    {
        list.Add(item);
        return null;
    }
}
