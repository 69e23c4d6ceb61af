using System.Text;
using System.Text.Json;

namespace Appliance.Models.Chat;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Such as <c>system</c>, <c>user</c>, <c>assistant</c>.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>Turns a conversation into the text that a model was trained on: the part of Jinja that chat templates use.</summary>
/// <remarks>
/// Statements: for (with if and else), if, set (names, members of a namespace, blocks), macro, break, continue. A template
/// runs no code, opens no file and loops no longer than <see cref="StepsMax"/>; an unknown construct is refused at loading.
/// </remarks>
public sealed class ChatTemplate
{
    private const int StepsMax = 1_000_000;
    private const int TextMax = 16 << 20;
    private static readonly HashSet<string> Functions = ["raise_exception", "namespace", "range", "dict", "strftime_now"];
    private readonly Statement _body;
    private readonly TimeProvider _clock;

    /// <param name="source">Jinja text.</param>
    /// <param name="clock">For templates that print today's date.</param>
    /// <exception cref="ChatTemplateException">A construct that is not supported; the message has its line.</exception>
    public ChatTemplate(string source, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _body = new StatementReader(TemplateLexer.Segments(source), Functions).Read();
    }

    /// <summary>The template of a model's folder; null where it has none.</summary>
    /// <exception cref="ChatTemplateException">A construct that is not supported.</exception>
    /// <exception cref="InvalidDataException">tokenizer_config.json is malformed.</exception>
    public static ChatTemplate? Open(string folder, TimeProvider? clock = null)
    {
        var own = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(own))
        {
            return new ChatTemplate(File.ReadAllText(own), clock);
        }
        var path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.TryGetProperty("chat_template", out var template) && template.ValueKind == JsonValueKind.String
                ? new ChatTemplate(template.GetString()!, clock)
                : null;
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"{path} is not valid JSON.");
        }
    }

    /// <param name="tools">JSON values that the template may describe to the model; none by default.</param>
    /// <exception cref="ChatTemplateException">The template refused the messages, or ran too long.</exception>
    public string Render(
        IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, string beginToken = "", string endToken = "", JsonElement? tools = null)
    {
        var scope = new Scope();
        scope["messages"] = messages.Select(m => (object?)new Dictionary<string, object?> { ["role"] = m.Role, ["content"] = m.Content }).ToList();
        (scope["add_generation_prompt"], scope["bos_token"], scope["eos_token"]) = (addGenerationPrompt, beginToken, endToken);
        scope["tools"] = tools is { } t ? Values.Of(t) : null;
        scope["raise_exception"] = (Callable)((a, _) => throw new ChatTemplateException(0, a.Count > 0 ? Values.Print(a[0]) : "The template refused the messages."));
        scope["namespace"] = (Callable)((_, named) => named.ToDictionary(n => n.Key, n => n.Value));
        scope["dict"] = (Callable)((_, named) => named.ToDictionary(n => n.Key, n => n.Value));
        scope["range"] = (Callable)((a, _) => Range(a));
        scope["strftime_now"] = (Callable)((a, _) => Dates.Format(_clock.GetLocalNow(), a.Count > 0 ? Values.Print(a[0]) : ""));
        var run = new TemplateRun(StepsMax, TextMax);
        _body(scope, run);
        return run.Text.ToString();
    }

    private static List<object?> Range(IReadOnlyList<object?> a)
    {
        var n = a.Select(x => x is long k ? k : throw new ChatTemplateException(0, "range() needs whole numbers.")).ToArray();
        var (from, to, by) = n.Length == 1 ? (0, n[0], 1) : (n[0], n[1], n.Length > 2 ? n[2] : 1);
        var items = new List<object?>();
        for (var k = from; by > 0 ? k < to : by < 0 && k > to; k += by)
        {
            items.Add(items.Count < StepsMax ? k : throw new ChatTemplateException(0, "range() is too long."));
        }
        return items;
    }
}

/// <summary>Python's date formats that templates use.</summary>
internal static class Dates
{
    internal static string Format(DateTimeOffset now, string format)
    {
        var text = new StringBuilder();
        for (var k = 0; k < format.Length; k++)
        {
            text.Append(format[k] != '%' || k + 1 == format.Length ? format[k].ToString() : format[++k] switch
            {
                'd' => now.ToString("dd", Invariant),
                'm' => now.ToString("MM", Invariant),
                'Y' => now.ToString("yyyy", Invariant),
                'b' => now.ToString("MMM", Invariant),
                'B' => now.ToString("MMMM", Invariant),
                'H' => now.ToString("HH", Invariant),
                'M' => now.ToString("mm", Invariant),
                'S' => now.ToString("ss", Invariant),
                'A' => now.ToString("dddd", Invariant),
                'a' => now.ToString("ddd", Invariant),
                'y' => now.ToString("yy", Invariant),
                '%' => "%",
                var other => "%" + other,
            });
        }
        return text.ToString();
    }

    private static readonly System.Globalization.CultureInfo Invariant = System.Globalization.CultureInfo.InvariantCulture;
}
