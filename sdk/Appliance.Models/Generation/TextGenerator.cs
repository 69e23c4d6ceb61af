using Appliance.Models.Tokenizers;

namespace Appliance.Models.Generation;

/// <summary>A piece of text as it is written.</summary>
/// <param name="Text">May be empty while a character or a stop string is only half there.</param>
/// <param name="TokenId">The token that brought it.</param>
/// <param name="LogProbability">Of the token; null unless asked for.</param>
public sealed record WrittenText(string Text, int TokenId, float? LogProbability);

/// <summary>Writes text after a prompt, piece by piece; ends at a stop string, an end token or the length.</summary>
public sealed class TextGenerator(Generator generator, Tokenizer tokenizer)
{
    /// <summary>The pieces as they come; what might be the beginning of a stop string is held back until it is clear.</summary>
    /// <exception cref="ArgumentException">Options out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public IEnumerable<WrittenText> Stream(string prompt, GenerationOptions options, CancellationToken cancellation)
    {
        var ids = new List<int>();
        var shown = 0;
        foreach (var step in generator.Stream([tokenizer.Encode(prompt).Ids], options, cancellation))
        {
            var id = step.Ids[0];
            ids.Add(id);
            var text = tokenizer.Decode(ids);
            var stop = Stop(text, options.StopStrings);
            var ready = stop ?? (step.Ended[0] ? text.Length : Ready(text, options.StopStrings));
            yield return new WrittenText(ready > shown ? text[shown..ready] : "", id, step.LogProbabilities?[0]);
            shown = Math.Max(shown, ready);
            if (stop is not null)
            {
                yield break;
            }
        }
        var whole = tokenizer.Decode(ids);
        if (whole.Length > shown)
        {
            yield return new WrittenText(whole[shown..], ids[^1], null);
        }
    }

    private static int? Stop(string text, IReadOnlyList<string> stops)
    {
        var first = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(k => k >= 0).DefaultIfEmpty(-1).Min();
        return first < 0 ? null : first;
    }

    // Up to where the text is sure: no half character (U+FFFD) and no beginning of a stop string at its end.
    private static int Ready(string text, IReadOnlyList<string> stops)
    {
        var end = text.Length;
        while (end > 0 && text[end - 1] == '\ufffd')
        {
            end--;
        }
        for (var start = Math.Max(0, end - stops.Select(s => s.Length).DefaultIfEmpty().Max()); start < end; start++)
        {
            if (stops.Any(s => s.AsSpan().StartsWith(text.AsSpan(start, end - start), StringComparison.Ordinal)))
            {
                return start;
            }
        }
        return end;
    }
}
