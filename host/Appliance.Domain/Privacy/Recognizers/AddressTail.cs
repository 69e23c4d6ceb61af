using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>What comes behind the number of a street: <c>int. 3, 20121 Milano (MI)</c>, <c>Apt. 4, Springfield, IL 62704</c>.</summary>
internal static class AddressTail
{
    private const int TailMax = 8;
    private static readonly CueSet Phone = CueLexicon.Group("phone");
    private static readonly HashSet<uint> Directions = WordHash.All("n s e w ne nw se sw");

    /// <summary>The last token of it.</summary>
    /// <param name="last">The last token of the street.</param>
    /// <param name="numbered">Whether the street has a number.</param>
    /// <param name="block">An address that begins a line stays in its lines, so that what is redacted keeps them.</param>
    internal static int End(Scan scan, int last, bool numbered, bool block)
    {
        var tokens = scan.Tokens;
        var view = scan.View;
        var end = last;
        for (var at = last + 1; at < tokens.Length && at <= last + TailMax && Streets.Near(scan, at) && !(block && tokens[at].Has(Kinds.LineBefore)); at++)
        {
            var token = tokens[at];
            if (at == last + 1 && token.Length <= 2 && Streets.After.Contains(tokens[last].Hash) && Directions.Contains(token.Hash) && !token.Has(Kinds.Lower))
            {
                end = at; // Pennsylvania Ave NW
            }
            else if (Streets.Unit.Contains(token.Hash) && at + 1 < tokens.Length && Streets.Near(scan, at + 1) && (tokens[at + 1].Has(Kinds.Digit) || tokens[at + 1].Length == 1))
            {
                end = ++at;
            }
            else if (token is { IsNumber: true, Length: 5 or 4 } or { IsNumber: true, Length: 3 } && (token.Length == 5 || numbered) && at + 1 < tokens.Length && tokens[at + 1].Has(Kinds.Capital) && Streets.Gap(scan, at + 1))
            {
                end = City(scan, at + 1);
                at = end;
            }
            else if (numbered && token.Has(Kinds.Capital) && ZipBehind(tokens, at) is var zip and > 0)
            {
                end = at = zip; // Weehawken, NJ 07086
            }
            else if (token is { IsNumber: true, Length: 5 })
            {
                end = at;
            }
            else if (numbered && token.Has(Kinds.Capital) && Gazetteer.IsCity(token.Hash) && !token.Has(Kinds.Digit))
            {
                end = City(scan, at);
                at = end;
            }
            else if (numbered && token.Length == 2 && !token.Has(Kinds.Lower) && end == at - 1 && at > last + 1)
            {
                end = at;
            }
            else
            {
                break;
            }
        }
        return end;
    }

    // The number behind a city of one or two words and its state; 0 for none.
    private static int ZipBehind(ReadOnlySpan<Token> tokens, int city)
    {
        for (var at = city + 1; at + 1 < tokens.Length && at <= city + 2; at++)
        {
            if (tokens[at] is { Length: 2 } state && !state.Has(Kinds.Lower | Kinds.Digit) && tokens[at + 1] is { IsNumber: true, Length: 5 } zip && zip.IsOneBlankBehind(state) && state.Start - tokens[at - 1].End <= 2)
            {
                return at + 1;
            }
        }
        return 0;
    }

    // Reggio nell'Emilia (RE)
    private static int City(Scan scan, int at)
    {
        var tokens = scan.Tokens;
        var end = at;
        for (var k = at + 1; k < tokens.Length && k < at + 5 && Streets.Gap(scan, k) && !tokens[k].Has(Kinds.LineBefore); k++)
        {
            if (tokens[k].Has(Kinds.Capital) && !Streets.Unit.Contains(tokens[k].Hash) && !CueLexicon.Of(tokens[k]).Has(Phone) && Bytes.At(scan.View, tokens[k].Start - 1) is (byte)' ' or (byte)'\'' or (byte)'-')
            {
                end = k;
            }
            else if (!Streets.Inside.Contains(tokens[k].Hash))
            {
                break;
            }
        }
        var next = end + 1;
        return next < tokens.Length && tokens[next].Length == 2 && !tokens[next].Has(Kinds.Lower | Kinds.Digit) && tokens[next].Start - tokens[end].End <= 2 && Bytes.At(scan.View, tokens[next].Start - 1) is (byte)'(' or (byte)' ' ? next : end;
    }
}
