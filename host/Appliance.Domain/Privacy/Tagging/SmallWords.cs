using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Words that begin sentences and are nobody's name, though some list of names has them: <c>Inoltre</c>, <c>Per</c>, <c>However</c> (<c>Tables/small.txt</c>).</summary>
internal static class SmallWords
{
    private static readonly HashSet<uint> Words = [.. Table.Lines("small.txt").SelectMany(l => l.Split(' ')).Select(WordHash.Of)];
    private static readonly WordFilter Filter = new(Words);

    /// <summary>Whether such a word begins a sentence here, or is the English I.</summary>
    internal static bool Begins(ReadOnlySpan<Token> tokens, int k)
    {
        var token = tokens[k];
        if (!Filter.MayHave(token.Hash) || !Words.Contains(token.Hash))
        {
            return false;
        }
        // El Salvador and La Repubblica begin a sentence as they are; a name in capitals is written so.
        var before = k == 0 || token.Has(Kinds.LineBefore) || tokens[k - 1].After != ' ';
        return token.Length == 1 ? token.After is (byte)' ' or (byte)'\'' && (before || token.Hash == I) && !(k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital))
            : before && token.Has(Kinds.Lower) && !(k + 1 < tokens.Length && tokens[k + 1].Has(Kinds.Capital) && token.Length <= 2);
    }

    private static readonly uint I = WordHash.Of("i");
}
