using System.Globalization;

namespace Appliance.Models.Chat;

/// <summary>Jinja's filters that chat templates use.</summary>
internal static class Filters
{
    private static readonly HashSet<string> Known =
    [
        "trim", "upper", "lower", "title", "capitalize", "length", "count", "replace", "tojson", "join", "default", "d", "first", "last", "list",
        "items", "string", "int", "float", "safe", "e", "escape", "map", "selectattr", "rejectattr", "select", "reject", "unique", "sort",
        "reverse", "indent", "abs", "dictsort", "sum", "min", "max", "round", "wordcount",
    ];

    internal static bool IsKnown(string name) => Known.Contains(name);

    internal static object? Apply(string name, object? value, IReadOnlyList<object?> a, IReadOnlyDictionary<string, object?> named, int line)
    {
        object? Argument(int k, string key, object? fallback) => a.Count > k ? a[k] : named.TryGetValue(key, out var v) ? v : fallback;
        return name switch
        {
            "trim" => Values.Print(value).Trim(),
            "upper" => Values.Print(value).ToUpperInvariant(),
            "lower" => Values.Print(value).ToLowerInvariant(),
            "title" => Title(Values.Print(value)),
            "capitalize" => Capitalised(Values.Print(value)),
            "length" or "count" => (long)Values.Items(value, line).Count(),
            "replace" => Operations.Method(Values.Print(value), "replace", a, line),
            "tojson" => Values.Json(value, Argument(0, "indent", null) is long n ? (int)Math.Clamp(n, 0, 16) : null),
            "join" => Joined(value, Values.Print(Argument(0, "d", "")), Argument(1, "attribute", null), line),
            "default" or "d" => value is Undefined || (Values.Truth(Argument(1, "boolean", false)) && !Values.Truth(value)) ? Argument(0, "default_value", "") : value,
            "string" or "safe" => Values.Print(value),
            "e" or "escape" => throw new ChatTemplateException(line, "the filter 'escape' would change a message"),
            "int" => value is string s ? (object)(long.TryParse(s, CultureInfo.InvariantCulture, out var i) ? i : 0L) : (long)Values.Number(value),
            "float" => value is string t ? double.TryParse(t, CultureInfo.InvariantCulture, out var f) ? f : 0.0 : Values.Number(value),
            "abs" => value is long x ? (object)Math.Abs(x) : Math.Abs(Values.Number(value)),
            "round" => Math.Round(Values.Number(value), Argument(0, "precision", 0L) is long p ? (int)Math.Clamp(p, 0, 15) : 0, MidpointRounding.AwayFromZero),
            "indent" => Indented(Values.Print(value), Argument(0, "width", 4L) is long w ? (int)Math.Clamp(w, 0, 64) : 4, Values.Truth(Argument(1, "first", false))),
            "wordcount" => (long)Values.Print(value).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            _ => OfList(name, value, a, named, line),
        };
    }

    private static object? OfList(string name, object? value, IReadOnlyList<object?> a, IReadOnlyDictionary<string, object?> named, int line)
    {
        if (name is "items" or "dictsort")
        {
            var pairs = (List<object?>)Operations.Method(value, "items", [], line)!; // items() gives a list
            return name == "items" ? pairs : pairs.OrderBy(p => (string)((List<object?>)p!)[0]!, StringComparer.Ordinal).ToList();
        }
        var items = Values.Items(value, line).ToList();
        return name switch
        {
            "first" => items.Count > 0 ? items[0] : Undefined.Value,
            "last" => items.Count > 0 ? items[^1] : Undefined.Value,
            "list" => items,
            "reverse" => value is string ? string.Concat(Enumerable.Reverse(items)) : Enumerable.Reverse(items).ToList(),
            "unique" => items.Aggregate(new List<object?>(), (kept, x) => kept.Exists(k => Values.Same(k, x)) ? kept : [.. kept, x]),
            "sort" => items.Order(Comparer<object?>.Create((x, y) => Values.Compare(x, y, line))).ToList(),
            "sum" => items.Aggregate((object?)0L, (x, y) => Operations.Arithmetic("+", x, y, line)),
            "min" => items.Count == 0 ? Undefined.Value : items.Aggregate((x, y) => Values.Compare(x, y, line) <= 0 ? x : y),
            "max" => items.Count == 0 ? Undefined.Value : items.Aggregate((x, y) => Values.Compare(x, y, line) >= 0 ? x : y),
            "map" => Mapped(items, a, named, line),
            "select" or "reject" => items.Where(x => Holds(x, a, 0, line) == (name == "select")).ToList(),
            "selectattr" or "rejectattr" => items.Where(x => Holds(Operations.Member(x, Values.Print(a[0])), a, 1, line) == (name == "selectattr")).ToList(),
            _ => throw new ChatTemplateException(line, $"the filter '{name}' is not known"),
        };
    }

    private static bool Holds(object? value, IReadOnlyList<object?> a, int from, int line)
    {
        if (a.Count <= from)
        {
            return Values.Truth(value);
        }
        var test = Operations.Test(Values.Print(a[from])) ?? throw new ChatTemplateException(line, "a test that is not known");
        return test(value, a.Count > from + 1 ? a[from + 1] : null);
    }

    private static List<object?> Mapped(List<object?> items, IReadOnlyList<object?> a, IReadOnlyDictionary<string, object?> named, int line)
    {
        if (named.TryGetValue("attribute", out var attribute))
        {
            return [.. items.Select(x => Operations.Member(x, Values.Print(attribute)))];
        }
        var filter = a.Count > 0 && a[0] is string f && IsKnown(f) ? f : throw new ChatTemplateException(line, "'map' names a filter that is not known");
        return [.. items.Select(x => Apply(filter, x, [.. a.Skip(1)], named, line))];
    }

    private static string Joined(object? value, string between, object? attribute, int line) => Operations.Bounded(string.Join(between,
        Values.Items(value, line).Select(x => Values.Print(attribute is string name ? Operations.Member(x, name) : x))), line);

    private static string Indented(string text, int width, bool first)
    {
        var lines = text.Split('\n');
        var blank = new string(' ', width);
        return string.Join('\n', lines.Select((l, k) => (k == 0 && !first) || l.Length == 0 ? l : blank + l));
    }

    internal static string Capitalised(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    internal static string Title(string text)
    {
        var letters = text.ToCharArray();
        for (var k = 0; k < letters.Length; k++)
        {
            letters[k] = k > 0 && char.IsLetter(letters[k - 1]) ? char.ToLowerInvariant(letters[k]) : char.ToUpperInvariant(letters[k]);
        }
        return new string(letters);
    }
}
