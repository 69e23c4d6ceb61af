using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Numbers said digit by digit or in pairs, as transcripts of calls have them: <c>tre quattro sette, uno due, tre quattro, cinquantasei</c>.</summary>
/// <remarks>A card or a telephone by the word beside it; without one, nine digits and more are a telephone number, unless somebody counts.</remarks>
internal sealed class SpokenRecognizer : IRecognizer
{
    private const int WordsMin = 5, DigitsMin = 7, AloneMin = 9, DigitsMax = 19, CardMin = 13, WordsMax = 24, GapMax = 3;
    private const float Cued = 0.8f, Alone = 0.55f;
    private static readonly CueSet Phone = CueLexicon.Group("phone"), Card = CueLexicon.Group("card");

    public string Name => "spoken";

    public Waiting Waits => Waiting.Numbers;

    public IEnumerable<uint> Awaits => NumberWords.All;

    public void Find(Scan scan)
    {
        var next = 0;
        foreach (var k in scan.Awaited)
        {
            if (k < next || !scan.IsFor(k, Waits) || NumberWords.Of(scan.Tokens[k].Hash) < 0)
            {
                continue;
            }
            var (last, words, digits, counting) = Run(scan, k);
            next = last + 1;
            if (words < WordsMin || counting || digits is < DigitsMin or > DigitsMax)
            {
                continue;
            }
            var cues = scan.Before(k);
            if (digits >= CardMin && cues.Has(Card))
            {
                scan.Add(EntityTypes.CreditCard, scan.Tokens[k].Start, scan.Tokens[last].End, Cued, "spoken");
            }
            else if (cues.Has(Phone) || digits >= AloneMin)
            {
                scan.Add(EntityTypes.Phone, scan.Tokens[k].Start, scan.Tokens[last].End, cues.Has(Phone) ? Cued : Alone, "spoken");
            }
        }
    }

    // How far the numbers go on, how many digits they have, and whether each is one more than the one before.
    private static (int Last, int Words, int Digits, bool Counting) Run(Scan scan, int first)
    {
        var tokens = scan.Tokens;
        var (at, words, digits, steps, before) = (first, 0, 0, 0, -2);
        for (; at < tokens.Length && at < first + WordsMax; at++)
        {
            var token = tokens[at];
            var number = token is { IsNumber: true, Length: <= 4 } ? (int)Digits.Number(scan.View[token.Start..token.End]) : NumberWords.Of(token.Hash);
            if (number < 0 || (at > first && (token.Has(Kinds.LineBefore) || token.Start - tokens[at - 1].End > GapMax)))
            {
                break;
            }
            (words, digits) = (words + 1, digits + (token.IsNumber ? token.Length : number < 10 ? 1 : 2));
            steps += number == before + 1 || number == before - 1 ? 1 : 0;
            before = number;
        }
        return (at - 1, words, digits, words > 1 && steps == words - 1);
    }
}
