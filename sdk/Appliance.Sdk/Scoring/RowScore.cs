using Appliance.Sdk.Plugins;

namespace Appliance.Sdk.Scoring;

/// <summary>How much of one row a model got right; sums of rows make the measure of a set: Σ hits / Σ of.</summary>
/// <remarks>
/// Classes: 1 or 0 of 1, which sums to accuracy. Spans: twice the shared spans of all found and all real ones, which sums to the
/// micro-F1 of entities. One span: SQuAD's F1 of the words, of 1. Texts: likeness of the words, of 1.
/// </remarks>
/// <param name="Hits">0 to <paramref name="Of"/>.</param>
/// <param name="Of">What the row weighs; 0 where there was nothing to find and nothing was found.</param>
public readonly record struct RowScore(double Hits, double Of)
{
    private const int WordsMax = 2000;

    /// <summary>The measure's name, such as <c>accuracy</c>.</summary>
    public static string Measure(AnswerKind kind) => kind switch
    {
        AnswerKind.Class => "accuracy",
        AnswerKind.Spans => "entity_f1",
        AnswerKind.Span => "answer_f1",
        _ => "word_likeness",
    };

    /// <summary>Whether the row counts as answered right, where only right and wrong are counted.</summary>
    public bool Right => Of == 0 || Hits >= Of - 1e-9;

    /// <param name="about">The text that spans point into.</param>
    /// <param name="label">What is right, as the kind writes it.</param>
    public static RowScore For(AnswerKind kind, string about, string label, IReadOnlyList<Prediction> predictions) => kind switch
    {
        AnswerKind.Class => new RowScore(predictions.Count > 0 && predictions[0].Label == label ? 1 : 0, 1),
        AnswerKind.Spans => Spans(TextSpans.Read(label, about.Length), predictions),
        AnswerKind.Span => new RowScore(Span(about, TextSpans.Read(label, about.Length), predictions), 1),
        _ => new RowScore(Likeness(predictions.Count > 0 ? predictions[0].Text ?? "" : "", label), 1),
    };

    /// <summary>The words of the best span of an answer; empty where the model says that there is none.</summary>
    public static string Said(string about, IReadOnlyList<Prediction> predictions) =>
        predictions.Count > 0 && predictions[0] is { Start: { } start, End: { } end } && start >= 0 && start <= end && end <= about.Length
            ? about[start..end]
            : "";

    /// <summary>1 − edits / words of the longer text: order counts, blanks do not.</summary>
    public static double Likeness(string found, string wanted)
    {
        var (a, b) = (Words(found), Words(wanted));
        if (a.Length == 0 || b.Length == 0)
        {
            return a.Length == b.Length ? 1 : 0;
        }
        return 1 - ((double)EditDistance.Of<string>(a, b) / Math.Max(a.Length, b.Length));
    }

    private static RowScore Spans(IReadOnlyList<TextSpan> real, IReadOnlyList<Prediction> predictions)
    {
        var found = predictions.Where(p => p is { Start: not null, End: not null, Unsure: false })
            .Select(p => new TextSpan(p.Start!.Value, p.End!.Value, p.Label)).ToHashSet(); // filtered
        return new RowScore(2 * real.Distinct().Count(found.Contains), real.Distinct().Count() + found.Count);
    }

    private static double Span(string about, IReadOnlyList<TextSpan> real, IReadOnlyList<Prediction> predictions)
    {
        var said = Said(about, predictions);
        return real.Count == 0
            ? said.Length == 0 ? 1 : 0
            : SquadScores.F1(said, [.. real.Select(r => about[r.Start..r.End])], emptyAgree: true);
    }

    // Letters, digits and _ together; any other mark is a word of its own, so that code is cut as a reader would.
    private static string[] Words(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length && words.Count < WordsMax;)
        {
            var end = at + 1;
            while (IsWord(text[at]) && end < text.Length && IsWord(text[end]))
            {
                end++;
            }
            if (!char.IsWhiteSpace(text[at]))
            {
                words.Add(text[at..end]);
            }
            at = end;
        }
        return [.. words];
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
