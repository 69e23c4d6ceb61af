using Appliance.Sdk.Plugins;

namespace Appliance.Sdk.Scoring;

/// <summary>An answer, or one span of it, with whether it is right: what calibration is fitted to and reported by.</summary>
public readonly record struct JudgedAnswer(double Score, bool Right, bool Unsure)
{
    /// <param name="about">The text that spans point into.</param>
    /// <param name="label">What is right, as the kind writes it.</param>
    /// <returns>
    /// Each span where the kind has any number of them; else the first prediction, right where at least half of it is: of a text, half of
    /// what copying <paramref name="about"/> would leave undone.
    /// </returns>
    public static IEnumerable<JudgedAnswer> Of(AnswerKind kind, string about, string label, IReadOnlyList<Prediction> predictions)
    {
        if (kind != AnswerKind.Spans)
        {
            var score = RowScore.For(kind, about, label, predictions);
            var half = kind == AnswerKind.Text ? (1 + RowScore.Likeness(about, label)) / 2 : 0.5;
            return predictions.Take(1).Select(p => new JudgedAnswer(p.Score, score.Hits >= (score.Of * half) - 1e-9, p.Unsure));
        }
        var real = TextSpans.Read(label, about.Length);
        return predictions.Where(p => p is { Start: not null, End: not null })
            .Select(p => new JudgedAnswer(p.Score, real.Contains(new TextSpan(p.Start!.Value, p.End!.Value, p.Label)), p.Unsure)); // filtered
    }
}
