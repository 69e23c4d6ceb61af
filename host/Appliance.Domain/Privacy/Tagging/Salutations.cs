using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Words of letters that stand beside names and are none: <c>Gentili Responsabili</c>, <c>Cordialmente Anna</c>, <c>Servizi delle</c>.</summary>
internal static class Salutations
{
    // In front of a name, or of the office that is written to. Gentile is a family name as well.
    private static readonly HashSet<uint> Greetings = WordHash.All("gentile gentili gentilissimo gentilissima gentilissimi egregio egregia egregi egregie spettabile spettabili cordialmente cortesemente buongiorno buonasera salve sono");
    private static readonly HashSet<uint> Offices = WordHash.All("responsabile responsabili assessore assessora assessori dirigente servizio servizi ufficio uffici signori raccolta");

    /// <summary>Whether a word greets somebody here: what follows is an office, or begins with a capital.</summary>
    internal static bool Greets(ReadOnlySpan<Token> tokens, int k) => Greetings.Contains(tokens[k].Hash) && k + 1 < tokens.Length
        && (tokens[k + 1].Has(Kinds.Capital) || Offices.Contains(tokens[k + 1].Hash)) && tokens[k + 1].Start - tokens[k].End <= 2;

    /// <summary>Whether it is a word in front of whom one writes to, or of the one who writes.</summary>
    internal static bool IsGreeting(Token token) => Greetings.Contains(token.Hash);

    /// <summary>Takes such words off both ends of a person.</summary>
    /// <param name="tags">Changed in place.</param>
    /// <returns>What is left; nothing where the first is behind the last.</returns>
    internal static (int First, int Last) Trim(ReadOnlySpan<Token> tokens, int first, int last, bool small, Span<byte> tags)
    {
        var from = first;
        while (from <= last && (Offices.Contains(tokens[from].Hash) || (from < last && Greetings.Contains(tokens[from].Hash))
            || (from == last && Greets(tokens, from) && !tokens[from + 1].Has(Kinds.Capital))
            || (from > first && !tokens[from].Has(Kinds.Capital))))
        {
            tags[from++] = Tags.Outside;
        }
        if (from > first && from <= last)
        {
            tags[from] = (byte)Tags.Begin(0);
        }
        // No name ends with a small word: Toledo di.
        var to = last;
        while (to > from && !small && !tokens[to].Has(Kinds.Capital) && (Gazetteer.Of(tokens[to].Hash) & Known.Common) != 0)
        {
            tags[to--] = Tags.Outside;
        }
        return (from, to);
    }
}
