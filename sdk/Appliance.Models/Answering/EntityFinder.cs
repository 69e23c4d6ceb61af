using Appliance.Models.Generation;
using Appliance.Models.Tokenizers;

namespace Appliance.Models.Answering;

/// <summary>How tokens become entities; the names are the reference's.</summary>
public enum EntityGrouping
{
    /// <summary>One entity a token.</summary>
    None,

    /// <summary>Neighbouring tokens of one kind.</summary>
    Simple,

    /// <summary>Whole words, labelled as their first token.</summary>
    First,

    /// <summary>Whole words, labelled by the mean of their tokens.</summary>
    Average,

    /// <summary>Whole words, labelled as their surest token.</summary>
    Max,
}

/// <param name="Start">First UTF-16 code unit in the text.</param>
/// <param name="End">One past the last.</param>
/// <param name="Score">0 to 1.</param>
public sealed record FoundEntity(string Label, float Score, string Word, int Start, int End);

/// <summary>Names and other entities in a text.</summary>
/// <remarks>The grouping rules are those of the reference's token-classification pipeline, tag for tag.</remarks>
public sealed class EntityFinder(TextModel model)
{
    private sealed record Part(string Word, float[] Scores, int Start, int End, bool Inside);

    private sealed record Labelled(string Label, float Score, string Word, int Start, int End);

    public IReadOnlyList<FoundEntity> Find(string text, EntityGrouping grouping)
    {
        var encoding = model.Encode([(text, null)])[0];
        var parts = Parts(text, encoding);
        var labels = model.Model.Config.Labels;
        if (grouping == EntityGrouping.None)
        {
            return [.. parts.Select(p => Best(p, labels)).Where(e => e.Label != "O").Select(e => new FoundEntity(e.Label, e.Score, e.Word, e.Start, e.End))];
        }
        var units = grouping == EntityGrouping.Simple ? parts.Select(p => Best(p, labels)) : Words(parts).Select(w => Word(w, grouping, labels));
        return [.. Groups([.. units]).Where(g => g.Label != "O")];
    }

    private List<Part> Parts(string text, TokenEncoding encoding)
    {
        var parts = new List<Part>();
        model.Run([encoding], (output, _, _) =>
        {
            var (all, c) = (output.Logits!.data<float>().ToArray(), (int)output.Logits.shape[2]); // taggers have logits
            foreach (var (k, token) in encoding.Tokens.Index())
            {
                if (token.Special)
                {
                    continue;
                }
                var piece = model.Tokenizer.TokenOf(token.Id) ?? "";
                var written = text[token.Start..token.End];
                var unknown = piece is "[UNK]" or "<unk>";
                var inside = model.Tokenizer.HasInsidePrefix
                    ? piece.Length != written.Length
                    : token.Start > 0 && !text[(token.Start - 1)..Math.Min(text.Length, token.Start + 1)].Contains(' ', StringComparison.Ordinal);
                var scores = LogitsProcessing.Softmax(all.AsSpan(k * c, c));
                parts.Add(new Part(unknown ? written : piece, scores, token.Start, token.End, inside && !unknown));
            }
        });
        return parts;
    }

    private static List<List<Part>> Words(List<Part> parts)
    {
        var words = new List<List<Part>>();
        foreach (var part in parts)
        {
            if (part.Inside && words.Count > 0)
            {
                words[^1].Add(part);
            }
            else
            {
                words.Add([part]);
            }
        }
        return words;
    }

    private Labelled Word(List<Part> word, EntityGrouping grouping, IReadOnlyList<string> labels)
    {
        var scores = grouping switch
        {
            EntityGrouping.First => word[0].Scores,
            EntityGrouping.Max => word.MaxBy(p => p.Scores.Max())!.Scores, // a word has a part
            _ => [.. Enumerable.Range(0, labels.Count).Select(c => word.Average(p => p.Scores[c]))],
        };
        var text = model.Tokenizer.Join(word.Select(p => p.Word));
        return Best(new Part(text, scores, word[0].Start, word[^1].End, false), labels);
    }

    private static Labelled Best(Part part, IReadOnlyList<string> labels)
    {
        var top = Array.IndexOf(part.Scores, part.Scores.Max());
        return new Labelled(labels[top], part.Scores[top], part.Word, part.Start, part.End);
    }

    // A tag goes on with the group before it if the kind is the same and it does not begin anew.
    private IEnumerable<FoundEntity> Groups(IReadOnlyList<Labelled> units)
    {
        var group = new List<Labelled>();
        foreach (var unit in units)
        {
            var (begins, kind) = Tag(unit.Label);
            if (group.Count > 0 && (begins || Tag(group[^1].Label).Kind != kind))
            {
                yield return Whole(group);
                group.Clear();
            }
            group.Add(unit);
        }
        if (group.Count > 0)
        {
            yield return Whole(group);
        }
    }

    private FoundEntity Whole(List<Labelled> group) => new(
        group[0].Label.Contains('-', StringComparison.Ordinal) ? group[0].Label[(group[0].Label.IndexOf('-', StringComparison.Ordinal) + 1)..] : group[0].Label,
        group.Average(u => u.Score), model.Tokenizer.Join(group.Select(u => u.Word)), group[0].Start, group[^1].End);

    private static (bool Begins, string Kind) Tag(string label) => label.StartsWith("B-", StringComparison.Ordinal) ? (true, label[2..])
        : (false, label.StartsWith("I-", StringComparison.Ordinal) ? label[2..] : label);
}
