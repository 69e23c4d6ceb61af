using System.Text.Json;
using Appliance.Models.Chat;

namespace Appliance.Training.Data;

/// <summary>A conversation to learn the assistant's part of.</summary>
public sealed record Conversation(IReadOnlyList<ChatMessage> Messages);

/// <summary>A prompt with a better and a worse answer.</summary>
public sealed record Preference(string Prompt, string Chosen, string Rejected);

/// <summary>A prompt with one answer that was liked or not.</summary>
public sealed record Judgement(string Prompt, string Answer, bool Good);

/// <summary>Reads the field's JSON-lines shapes: messages, ShareGPT, alpaca, prompt and completion, preferences, judgements, plain text.</summary>
public static class JsonLines
{
    /// <exception cref="InvalidDataException">A line is not a JSON object of a known shape.</exception>
    public static Conversation ToConversation(JsonElement row)
    {
        if (row.TryGetProperty("messages", out var messages))
        {
            return new Conversation([.. messages.EnumerateArray().Select(m => new ChatMessage(Text(m, "role"), Text(m, "content")))]);
        }
        if (row.TryGetProperty("conversations", out var turns))
        {
            return new Conversation([.. turns.EnumerateArray().Select(t => new ChatMessage(Role(Text(t, "from")), Text(t, "value")))]);
        }
        var asked = row.TryGetProperty("instruction", out _)
            ? Text(row, "instruction") + (row.TryGetProperty("input", out var input) && input.ToString() is { Length: > 0 } more ? "\n" + more : "")
            : Text(row, "prompt");
        return new Conversation([new ChatMessage("user", asked), new ChatMessage("assistant", Text(row, row.TryGetProperty("output", out _) ? "output" : "completion"))]);
    }

    public static Preference ToPreference(JsonElement row) => new(Text(row, "prompt"), Text(row, "chosen"), Text(row, "rejected"));

    public static Judgement ToJudgement(JsonElement row) => new(Text(row, "prompt"), Text(row, "completion"), row.TryGetProperty("label", out var l) && l.ValueKind == JsonValueKind.True);

    public static string ToText(JsonElement row) => Text(row, "text");

    /// <summary>Every line of a file as a JSON object.</summary>
    /// <exception cref="InvalidDataException">A line is not.</exception>
    public static IReadOnlyList<T> Read<T>(string content, string file, Func<JsonElement, T> read)
    {
        var rows = new List<T>();
        foreach (var (number, line) in content.Split('\n').Index())
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }
            try
            {
                using var document = JsonDocument.Parse(line);
                rows.Add(read(document.RootElement));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidDataException)
            {
                throw new InvalidDataException($"{file}, line {number + 1}: {(e is InvalidDataException ? e.Message : "not a JSON object")}");
            }
        }
        return rows;
    }

    private static string Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new InvalidDataException($"the field {name} is missing or no text");

    private static string Role(string from) => from switch { "human" => "user", "gpt" => "assistant", _ => from };
}
