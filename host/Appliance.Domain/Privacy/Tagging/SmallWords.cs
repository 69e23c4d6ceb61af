using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Takes back what begins a sentence and is nobody's name, though some list of names has it: <c>Inoltre</c>, <c>Per</c>, <c>However</c> (<c>Tables/small.txt</c>).</summary>
internal static class SmallWords
{
    private static readonly HashSet<uint> Words = [.. Table.Lines("small.txt").SelectMany(l => l.Split(' ')).Select(WordHash.Of)];
    private static readonly WordFilter Filter = new(Words);

    /// <param name="candidates">Words by their place, in order.</param>
    /// <param name="tags">Changed in place.</param>
    internal static void Settle(ReadOnlySpan<Token> tokens, ReadOnlySpan<int> candidates, Span<byte> tags)
    {
        foreach (var k in candidates)
        {
            if (tags[k] is 1 or 3 or 5 && Filter.MayHave(tokens[k].Hash) && Begins(tokens, k) && Words.Contains(tokens[k].Hash))
            {
                // What follows begins the name: Per Mario.
                if (k + 1 < tags.Length && tags[k + 1] == tags[k] + 1)
                {
                    tags[k + 1] = tags[k];
                }
                tags[k] = Tags.Outside;
            }
        }
    }

    // El Salvador and La Repubblica begin a sentence as they are; a name in capitals is written so.
    private static bool Begins(ReadOnlySpan<Token> tokens, int k) => (k == 0 || tokens[k].Has(Kinds.LineBefore) || tokens[k - 1].After != ' ') && tokens[k].Has(Kinds.Lower)
        && !(k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital) && tokens[k].Length <= 2);
}
