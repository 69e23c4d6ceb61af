using Appliance.Sdk.Plugins;

namespace Appliance.Training.Tasks;

/// <summary>Cuts a text into words with their places: at blanks, with marks at a word's edges as words of their own.</summary>
internal static class WordSplitter
{
    private const string Edges = ".,;:!?\"()[]{}«»“”‘’…";

    internal static IReadOnlyList<TextSpan> Split(string text)
    {
        var words = new List<TextSpan>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            var end = at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
            {
                end++;
            }
            Add(words, text, at, end);
            at = end;
        }
        return words;
    }

    // A word of nothing but marks, such as "..." or ":)", stays whole.
    private static void Add(List<TextSpan> words, string text, int from, int to)
    {
        var (first, last) = (from, to);
        while (first < last && Edges.Contains(text[first]))
        {
            first++;
        }
        while (last > first && Edges.Contains(text[last - 1]))
        {
            last--;
        }
        if (first == last)
        {
            words.Add(new TextSpan(from, to));
            return;
        }
        words.AddRange(Enumerable.Range(from, first - from).Select(k => new TextSpan(k, k + 1)));
        words.Add(new TextSpan(first, last));
        words.AddRange(Enumerable.Range(last, to - last).Select(k => new TextSpan(k, k + 1)));
    }
}
