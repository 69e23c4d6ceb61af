using System.Text.RegularExpressions;

namespace Appliance.Domain.Privacy;

/// <summary>The one way to make a regular expression for user text: it never backtracks, so no text can stall it.</summary>
internal sealed class Pattern(string pattern, bool ignoreCase = false)
{
    private readonly Regex _regex = new(
        pattern,
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : 0));

    internal IEnumerable<Match> Matches(string text)
    {
        for (var match = _regex.Match(text); match.Success; match = match.NextMatch())
        {
            yield return match;
        }
    }

    internal bool IsMatch(string text) => _regex.IsMatch(text);

    /// <summary>Whether nothing that would lengthen a code touches the match on either side.</summary>
    internal static bool StandsAlone(string text, int start, int end) =>
        (start == 0 || !char.IsLetterOrDigit(text[start - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end]));
}
