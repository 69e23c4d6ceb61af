using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Sdk.Scoring;

/// <summary>Exact match and F1 of answers, as the official SQuAD scripts have them.</summary>
/// <remarks>Lower case, no ASCII punctuation, no English articles. Articles of other languages stay: "il mare" is not "mare".</remarks>
public static class SquadScores
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private static readonly Regex Articles = new(@"\b(a|an|the)\b", RegexOptions.NonBacktracking);

    public static string Normalise(string text)
    {
        var plain = new StringBuilder();
        foreach (var c in text.ToLowerInvariant().Where(c => !Punctuation.Contains(c, StringComparison.Ordinal)))
        {
            plain.Append(c);
        }
        return string.Join(' ', Articles.Replace(plain.ToString(), " ").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Against the best of the answers; 0 without any.</summary>
    public static bool ExactMatch(string prediction, IReadOnlyList<string> answers) => answers.Any(a => Normalise(a) == Normalise(prediction));

    /// <summary>Shared words, harmonic mean of precision and recall, against the best answer.</summary>
    /// <param name="emptyAgree">Whether two empty answers agree (v2.0) or not (v1.1).</param>
    public static double F1(string prediction, IReadOnlyList<string> answers, bool emptyAgree = false) =>
        answers.Count == 0 ? 0 : answers.Max(a => F1(Words(prediction), Words(a), emptyAgree));

    private static string[] Words(string text) => Normalise(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static double F1(string[] found, string[] wanted, bool emptyAgree)
    {
        if (emptyAgree && (found.Length == 0 || wanted.Length == 0))
        {
            return found.Length == wanted.Length ? 1 : 0;
        }
        var left = wanted.GroupBy(w => w).ToDictionary(g => g.Key, g => g.Count());
        var shared = found.GroupBy(w => w).Sum(g => Math.Min(g.Count(), left.GetValueOrDefault(g.Key)));
        return shared == 0 ? 0 : 2.0 * shared / (found.Length + wanted.Length);
    }
}
