using Appliance.Models.Chat;
using Appliance.Training.Tasks;

namespace Appliance.Training.Stages;

/// <summary>Conversations as tokens, with labels on the assistant's words alone.</summary>
internal sealed class ConversationCoder(TextCoder coder, ChatTemplate? template, int lengthMax)
{
    /// <summary>One whole conversation; what stands behind the length is cut.</summary>
    internal Item Encode(IReadOnlyList<ChatMessage> messages)
    {
        var (ids, labels) = (new List<int>(), new List<long>());
        foreach (var (text, answer) in Parts(messages))
        {
            var piece = coder.Plain(text);
            ids.AddRange(piece);
            labels.AddRange(piece.Select(i => answer ? i : Item.Ignored));
        }
        return new Item { Ids = [.. ids.Take(lengthMax)], Labels = [.. labels.Take(lengthMax)] };
    }

    internal Item Encode(string prompt, string answer) => Encode([new ChatMessage("user", prompt), new ChatMessage("assistant", answer)]);

    /// <summary>What stands before the answer.</summary>
    internal int[] Prompt(string prompt) => coder.Plain(template?.Render([new ChatMessage("user", prompt)], addGenerationPrompt: true) ?? prompt + "\n");

    // With a template, the answer is what the text gains by it; without one, lines.
    private IEnumerable<(string Text, bool Answer)> Parts(IReadOnlyList<ChatMessage> messages)
    {
        if (template is null)
        {
            foreach (var message in messages)
            {
                yield return (message.Content + "\n", message.Role == "assistant");
            }
            yield break;
        }
        var done = "";
        for (var k = 0; k < messages.Count; k++)
        {
            if (messages[k].Role != "assistant")
            {
                continue;
            }
            var before = template.Render([.. messages.Take(k)], addGenerationPrompt: true);
            var after = template.Render([.. messages.Take(k + 1)], addGenerationPrompt: false);
            var shared = after.StartsWith(before, StringComparison.Ordinal) ? before.Length : Shared(before, after);
            yield return (after[Math.Min(done.Length, shared)..shared], false);
            yield return (after[shared..], true);
            done = after;
        }
    }

    private static int Shared(string a, string b)
    {
        var k = 0;
        while (k < a.Length && k < b.Length && a[k] == b[k])
        {
            k++;
        }
        return k;
    }
}
