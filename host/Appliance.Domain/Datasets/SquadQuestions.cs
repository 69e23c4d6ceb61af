using System.Text.Json;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>SQuAD's JSON: contexts with questions, and where their answers stand; a question without one has none.</summary>
internal static class SquadQuestions
{
    private const int Depth = 16;

    internal static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(string file, ReadOnlyMemory<byte> content)
    {
        var (rows, bad) = (new List<RawRow>(), new List<BadRow>());
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = Depth });
            foreach (var paragraph in document.RootElement.GetProperty("data").EnumerateArray().SelectMany(d => d.GetProperty("paragraphs").EnumerateArray()))
            {
                var context = paragraph.GetProperty("context").GetString() ?? "";
                foreach (var asked in paragraph.GetProperty("qas").EnumerateArray())
                {
                    Read(file, context, asked, rows, bad);
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            bad.Add(new BadRow(file, 1, "the file is not JSON with data, paragraphs, context and qas, as SQuAD has them"));
        }
        return (rows, bad);
    }

    // A question's number in the file stands for its line.
    private static void Read(string file, string context, JsonElement asked, List<RawRow> rows, List<BadRow> bad)
    {
        var number = rows.Count + bad.Count + 1;
        var question = asked.GetProperty("question").GetString() ?? "";
        TextSpan[] spans = [.. asked.GetProperty("answers").EnumerateArray()
            .Select(a => (Start: a.GetProperty("answer_start").GetInt32(), Text: a.GetProperty("text").GetString() ?? ""))
            .Select(a => new TextSpan(a.Start, a.Start + a.Text.Length)).Distinct()];
        var problem = question.Trim().Length == 0 || context.Trim().Length == 0 ? "the question or its context is empty"
            : spans.Any(s => s.Start < 0 || s.End > context.Length || s.End == s.Start) ? "an answer lies outside its context"
            : asked.GetProperty("answers").EnumerateArray().Any(a => context.AsSpan(a.GetProperty("answer_start").GetInt32()).StartsWith(a.GetProperty("text").GetString()) == false)
                ? "an answer does not stand where the file says" : null;
        if (problem is not null)
        {
            bad.Add(new BadRow(file, number, problem));
            return;
        }
        rows.Add(new RawRow(file, number, new Dictionary<string, Sensitive<string>> { ["question"] = new(question), ["context"] = new(context) }, "") { Spans = spans });
    }
}
