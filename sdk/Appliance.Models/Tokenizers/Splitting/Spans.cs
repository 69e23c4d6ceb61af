using System.Globalization;
using System.Text;

namespace Appliance.Models.Tokenizers.Splitting;

/// <summary>A piece of the normalised text, [Start, End) in UTF-16 units.</summary>
internal readonly record struct Span(int Start, int End);

/// <summary>What happens to a delimiter when a text is split at it; the names are the format's own.</summary>
internal enum Delimiter
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Splits a text into words; some change the text on the way.</summary>
internal interface IPreTokenizer
{
    /// <param name="text">May be rewritten.</param>
    /// <param name="spans">In: the pieces so far. Out: the pieces now, none empty.</param>
    void Split(TextBuffer text, List<Span> spans);
}

/// <summary>Several splits in order.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Split(TextBuffer text, List<Span> spans)
    {
        for (var k = 0; k < steps.Count; k++)
        {
            steps[k].Split(text, spans);
        }
    }
}

/// <summary>The classes of characters that splits ask for, in one table for the basic plane.</summary>
internal static class CharClass
{
    internal const byte Letter = 1;
    internal const byte Number = 2;
    internal const byte Blank = 4;
    internal const byte Punctuation = 8;
    internal const byte Word = 16; // letters, marks, numbers, connectors: \w

    private static readonly byte[] Table = Build();

    internal static byte Of(char unit) => Table[unit];

    internal static byte Of(Rune rune) => rune.IsBmp ? Table[rune.Value] : Classify(Rune.GetUnicodeCategory(rune), rune.Value);

    private static byte[] Build()
    {
        var table = new byte[0x10000];
        for (var c = 0; c < table.Length; c++)
        {
            table[c] = Classify(CharUnicodeInfo.GetUnicodeCategory((char)c), c);
        }
        return table;
    }

    private static byte Classify(UnicodeCategory category, int value)
    {
        byte result = category switch
        {
            <= UnicodeCategory.OtherLetter => Letter | Word,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Word,
            UnicodeCategory.DecimalDigitNumber => Number | Word,
            UnicodeCategory.LetterNumber => Number | Word,
            UnicodeCategory.OtherNumber => Number,
            UnicodeCategory.ConnectorPunctuation => Punctuation | Word,
            UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
                or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => Punctuation,
            _ => 0,
        };
        var ascii = value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126);
        var blank = value <= 0xffff && char.IsWhiteSpace((char)value);
        return (byte)(result | (ascii ? Punctuation : 0) | (blank ? Blank : 0));
    }
}
