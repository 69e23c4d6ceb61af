using Appliance.Domain.Privacy.Checks;

namespace Appliance.Domain.Privacy.Codes;

/// <summary>The rules in the order in which they are asked: by length, and by whether the first two characters are digits or letters, and letters that no country of accounts has.</summary>
internal sealed class CodeTable
{
    /// <summary>Longest code, in characters without separators.</summary>
    internal const int LengthMax = 34;

    private const int Beginnings = 5, TwoLetters = 3, NoCountry = 4, Places = LengthMax + 1;
    private readonly CodeRule[][] _rules = new CodeRule[Beginnings * Places][];
    private readonly ulong[] _allowed = new ulong[Beginnings * Places];
    private readonly ulong[] _next = new ulong[Beginnings * Places * Places];

    internal CodeTable(IEnumerable<CodeRule> rules)
    {
        var all = rules.ToArray();
        for (var beginning = 0; beginning < Beginnings; beginning++)
        {
            var these = all.Where(r => Begins(r.Shape.Mask, Math.Min(beginning, TwoLetters)) && !(beginning == NoCountry && r.Type == EntityTypes.Iban)).ToArray();
            for (var length = 0; length < Places; length++)
            {
                _rules[(beginning * Places) + length] = [.. these.Where(r => r.Shape.Mask.Length == length)];
                _allowed[(beginning * Places) + length] = _rules[(beginning * Places) + length].Aggregate(0UL, (bits, r) => bits | r.Shape.Allowed);
            }
            foreach (var rule in these)
            {
                AddPlaces(beginning, rule.Shape.Allowed);
            }
        }
    }

    /// <summary>Which of the five lists a code is in: the higher bit for a letter first, the lower for a letter second; two letters that are no country's apart.</summary>
    internal static int Beginning(byte first, byte second) =>
        (first >= 'A' ? 2 : 0) + (second >= 'A' ? 1 : 0) is var letters && letters == TwoLetters && Iban.ShapeOf(first, second) is null ? NoCountry : letters;

    internal ReadOnlySpan<CodeRule> For(int beginning, int length) => _rules[(beginning * Places) + length];

    /// <summary>Where any code of this length may have a separator, as bits.</summary>
    internal ulong Allowed(int beginning, int length) => _allowed[(beginning * Places) + length];

    /// <summary>Where any code may have further separators whose first two are at these places; <paramref name="second"/> is 0 while there is only one.</summary>
    internal ulong Next(int beginning, int first, int second) => _next[(((beginning * Places) + first) * Places) + second];

    private void AddPlaces(int beginning, ulong allowed)
    {
        for (var first = 1; first < LengthMax; first++)
        {
            for (var second = 0; second < LengthMax && (allowed >> first & 1) == 1; second++)
            {
                _next[(((beginning * Places) + first) * Places) + second] |= second == 0 || (allowed >> second & 1) == 1 ? allowed : 0;
            }
        }
    }

    private static bool Begins(string mask, int beginning) => mask.Length >= 2 && MayBe(mask[0], (beginning & 2) != 0) && MayBe(mask[1], (beginning & 1) != 0);

    private static bool MayBe(char want, bool letter) => want switch { 'x' => true, 'a' => letter, 'd' => !letter, _ => want >= 'A' == letter };
}
