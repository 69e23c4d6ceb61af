using System.Text;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>A word and its BIO tag a line, a blank line behind each sentence: read as a text with the places of its entities.</summary>
internal static class ConllSentences
{
    private const string Field = "text";
    private const int WordsMax = 10_000;

    internal static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(string file, ReadOnlyMemory<byte> content)
    {
        var (rows, bad) = (new List<RawRow>(), new List<BadRow>());
        var (words, first, broken) = (new List<(string Word, string Tag)>(), 0, false);
        var lines = Records.Lines(content);
        for (var at = 0; at <= lines.Count; at++)
        {
            var (line, problem) = at < lines.Count ? Records.Decode(lines[at].Span) : ("", null);
            var columns = line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (problem is null && (columns.Length == 0 || columns[0] == "-DOCSTART-"))
            {
                if (words.Count > 0 && !broken)
                {
                    rows.Add(Sentence(file, first, words));
                }
                words.Clear();
                broken = false;
                continue;
            }
            first = words.Count == 0 && !broken ? at + 1 : first;
            problem ??= columns.Length < 2 ? "a word without a tag"
                : words.Count >= WordsMax ? $"more than {WordsMax} words without a blank line"
                : Tag(columns[^1]) is null ? "the tag is none of O, B-type and I-type" : null;
            if (problem is not null)
            {
                bad.Add(new BadRow(file, at + 1, problem));
                broken = true; // the whole sentence is left out, and only it
                continue;
            }
            words.Add((columns[0], Tag(columns[^1])!)); // checked above
        }
        return (rows, lines.Count == 0 ? [new BadRow(file, 1, "the file is empty")] : bad);
    }

    // Several annotators' tags stand with commas between: the first is taken.
    private static string? Tag(string column) => column.Split(',')[0] is var tag
        && (tag == "O" || tag.StartsWith("B-", StringComparison.Ordinal) || tag.StartsWith("I-", StringComparison.Ordinal)) ? tag : null;

    private static RawRow Sentence(string file, int line, List<(string Word, string Tag)> words)
    {
        var (text, spans) = (new StringBuilder(), new List<TextSpan>());
        foreach (var (word, tag) in words)
        {
            var start = text.Length == 0 ? 0 : text.Append(' ').Length;
            text.Append(word);
            var goesOn = tag.StartsWith("I-", StringComparison.Ordinal) && spans.Count > 0 && spans[^1] is var last && last.Label == tag[2..] && last.End == start - 1;
            if (goesOn)
            {
                spans[^1] = spans[^1] with { End = text.Length };
            }
            else if (tag != "O")
            {
                spans.Add(new TextSpan(start, text.Length, tag[2..]));
            }
        }
        return new RawRow(file, line, new Dictionary<string, Sensitive<string>> { [Field] = new(text.ToString()) }, "") { Spans = spans };
    }
}
