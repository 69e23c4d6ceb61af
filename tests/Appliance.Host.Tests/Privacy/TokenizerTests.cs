using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Tests.Privacy;

/// <summary>64 bytes at a time give the same tokens as one byte after the other.</summary>
public sealed class TokenizerTests
{
    private static readonly string[] Pieces =
    [
        "a", "Rossi", "É", "é", "ß", "1", "20121", "IT60X", "\n", " ", ".", ":", " =", "://", "-", "_", "'", "日本", "電話03", "ΑΒ", "\u001F", "\r\n", "parola", "una-parola", "0123456789abcdef", new string('x', 70), "Ñandú", "\t",
    ];

    [Fact]
    public void A_hundred_thousand_texts_are_cut_as_the_slow_reference_cuts_them()
    {
        var (chance, tokenizer) = (new Random(3), new Tokenizer());
        for (var k = 0; k < 100_000; k++)
        {
            var view = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, chance.Next(40)).Select(_ => Pieces[chance.Next(Pieces.Length)])));

            tokenizer.Cut(view);

            var expected = Slow(view);
            tokenizer.Tokens.SequenceEqual(expected).Should().BeTrue($"case {k}: {Encoding.UTF8.GetString(view)}");
            Listed(tokenizer.Digits).Should().Equal(Where(expected, t => t.Has(Kinds.Digit)));
            Listed(tokenizer.Capitals).Should().Equal(Where(expected, t => t.Has(Kinds.Capital)));
        }
    }

    [Theory]
    [InlineData("Élan", "élan")]
    [InlineData("NIÑO", "niño")]
    [InlineData("Supercalifragilistico", "SUPERCALIFRAGILISTICO")]
    [InlineData("IBAN", "iban")]
    public void A_word_has_one_number_in_any_case_wherever_it_stands(string one, string other)
    {
        var tokenizer = new Tokenizer();

        tokenizer.Cut(Encoding.UTF8.GetBytes($"{one} {other}, {one}"));

        Listed([.. tokenizer.Tokens.ToArray().Select(t => (int)t.Hash)]).Distinct().Should().ContainSingle().Which.Should().Be((int)WordHash.Of(other));
    }

    [Fact]
    public void Words_of_the_tables_do_not_collide_more_than_chance_allows()
    {
        string[] words = [.. new[] { "firstname.txt", "lastname.txt", "city.txt", "common.txt" }.SelectMany(Domain.Privacy.Tables.Table.Lines).Select(w => w.ToLowerInvariant()).Distinct()];

        var collisions = words.Length - words.Select(WordHash.Of).Distinct().Count();

        collisions.Should().BeLessThan(12, "60,000 words in 32 bits collide less than once; accents beyond Western Europe fold alike here and there");
    }

    private static int[] Listed(ReadOnlySpan<int> places) => places.ToArray();

    private static IEnumerable<int> Where(Token[] tokens, Func<Token, bool> which) => tokens.Index().Where(t => which(t.Item)).Select(t => t.Index);

    // One byte after the other, with no cleverness.
    private static Token[] Slow(byte[] view)
    {
        var (tokens, line) = (new List<Token>(), Kinds.LineBefore);
        for (var at = 0; at < view.Length;)
        {
            if (Kind(view[at]) == Kinds.None)
            {
                line |= view[at++] == '\n' ? Kinds.LineBefore : Kinds.None;
                continue;
            }
            var (start, kinds) = (at, Kinds.None);
            for (; at < view.Length && Kind(view[at]) is var kind and not Kinds.None && !(at > start && Splits(Kind(view[at - 1]), kind)); at++)
            {
                kinds |= kind;
            }
            kinds |= Rune.IsUpper(Encoding.UTF8.GetString(view[start..at]).EnumerateRunes().First()) ? Kinds.Capital : Kinds.None;
            tokens.Add(new Token(start, at, WordHash.Of(view.AsSpan(start, at - start)), kinds | line, at < view.Length ? view[at] : (byte)0));
            line = Kinds.None;
        }
        return [.. tokens];
    }

    // Letters above ASCII and digits.
    private static bool Splits(Kinds before, Kinds here) => (before, here) is (Kinds.High, Kinds.Digit) or (Kinds.Digit, Kinds.High);

    private static Kinds Kind(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => Kinds.Digit,
        >= (byte)'A' and <= (byte)'Z' => Kinds.Upper,
        >= (byte)'a' and <= (byte)'z' => Kinds.Lower,
        >= 0x80 => Kinds.High,
        _ => Kinds.None,
    };
}
