using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Appliance.Models.Chat;

/// <summary>Stands for a name that has no value: it prints as nothing and counts as false.</summary>
internal sealed class Undefined
{
    internal static readonly Undefined Value = new();
}

/// <summary>The values of a template: null, bool, long, double, string, list, dictionary, Undefined; and how Python treats them.</summary>
internal static class Values
{
    internal static bool Truth(object? value) => value switch
    {
        null or Undefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        ICollection c => c.Count > 0,
        _ => true,
    };

    /// <summary>As Python prints it.</summary>
    internal static string Print(object? value) => value switch
    {
        Undefined => "",
        null => "None",
        true => "True",
        false => "False",
        string s => s,
        double d => Float(d),
        IDictionary or IList => Represent(value),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => "",
    };

    internal static bool Same(object? a, object? b) => (a, b) switch
    {
        (Undefined, Undefined) => true,
        (bool x, bool y) => x == y,
        (long or double or bool, long or double or bool) => Number(a).Equals(Number(b)),
        (string x, string y) => x == y,
        (null, null) => true,
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Same(p.First, p.Second)),
        (Dictionary<string, object?> x, Dictionary<string, object?> y) => x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out var v) && Same(p.Value, v)),
        _ => false,
    };

    internal static int Compare(object? a, object? b, int line) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (long or double or bool, long or double or bool) => Number(a).CompareTo(Number(b)),
        _ => throw new ChatTemplateException(line, "two values of different kinds are compared"),
    };

    internal static double Number(object? value) => value switch
    {
        long n => n,
        double d => d,
        bool b => b ? 1 : 0,
        _ => double.NaN,
    };

    internal static IEnumerable<object?> Items(object? value, int line) => value switch
    {
        List<object?> list => list,
        Dictionary<string, object?> map => map.Keys,
        string s => s.EnumerateRunes().Select(r => (object?)r.ToString()),
        Undefined => [],
        _ => throw new ChatTemplateException(line, "something that is no list is looped over"),
    };

    /// <summary>JSON as Python writes it: a blank after commas and colons, letters of all scripts as they are.</summary>
    internal static string Json(object? value, int? indent, int depth = 0)
    {
        var (open, between, close) = indent is { } n
            ? ("\n" + new string(' ', n * (depth + 1)), ",\n" + new string(' ', n * (depth + 1)), "\n" + new string(' ', n * depth))
            : ("", ", ", "");
        return value switch
        {
            null or Undefined => "null",
            bool b => b ? "true" : "false",
            string s => Escaped(s),
            double d => Float(d),
            Dictionary<string, object?> { Count: 0 } => "{}",
            List<object?> { Count: 0 } => "[]",
            Dictionary<string, object?> map => "{" + open + string.Join(between, map.Select(p => $"{Escaped(p.Key)}: {Json(p.Value, indent, depth + 1)}")) + close + "}",
            List<object?> list => "[" + open + string.Join(between, list.Select(v => Json(v, indent, depth + 1))) + close + "]",
            _ => Print(value),
        };
    }

    /// <summary>A JSON value as a template sees it.</summary>
    internal static object? Of(JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.String => e.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => e.TryGetInt64(out var n) ? (object)n : e.GetDouble(),
        JsonValueKind.Array => e.EnumerateArray().Select(Of).ToList(),
        JsonValueKind.Object => e.EnumerateObject().ToDictionary(p => p.Name, p => Of(p.Value)),
        _ => null,
    };

    private static string Escaped(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }
        return result.Append('"').ToString();
    }

    private static string Float(double d)
    {
        var text = d.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') || !double.IsFinite(d) ? text : text + ".0";
    }

    private static string Represent(object? value) => value switch
    {
        string s => s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? $"\"{s}\"" : $"'{s.Replace("'", "\\'", StringComparison.Ordinal)}'",
        Dictionary<string, object?> map => "{" + string.Join(", ", map.Select(p => $"{Represent(p.Key)}: {Represent(p.Value)}")) + "}",
        List<object?> list => "[" + string.Join(", ", list.Select(Represent)) + "]",
        _ => Print(value),
    };
}
