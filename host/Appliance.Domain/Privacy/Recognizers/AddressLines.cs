using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>The lines of an address that stand by themselves in a letter's head: <c>Apt. 735</c>, <c>Poland 11248</c>.</summary>
internal sealed class AddressLines : IRecognizer
{
    private static readonly HashSet<uint> Units = WordHash.All("apt apartment suite ste unit flat int interno scala piso apartamento appartement wohnung");

    public string Name => "address lines";

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        foreach (var k in scan.Digits)
        {
            if (k == 0 || !EndsLine(tokens, k) || tokens[k].Has(Kinds.LineBefore) || !tokens[k].IsNumber)
            {
                continue;
            }
            var first = Countries.EndsAt(tokens, k - 1);
            if (tokens[k].Length <= 5 && tokens[k - 1].Has(Kinds.LineBefore) && Units.Contains(tokens[k - 1].Hash))
            {
                scan.Add(EntityTypes.StreetAddress, tokens[k - 1].Start, tokens[k].End, 0.7f, "unit");
            }
            else if (tokens[k].Length is >= 4 and <= 6 && first >= 0 && tokens[first].Has(Kinds.LineBefore))
            {
                scan.Add(EntityTypes.Location, tokens[first].Start, tokens[k - 1].End, 0.7f, "country");
                scan.Add(EntityTypes.StreetAddress, tokens[k].Start, tokens[k].End, 0.65f, "code behind country");
            }
        }
    }

    private static bool EndsLine(ReadOnlySpan<Token> tokens, int k) => k + 1 == tokens.Length || tokens[k + 1].Has(Kinds.LineBefore);
}
