using System.Text;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>How old somebody is: <c>74 anni</c>, <c>età 43</c>, <c>22-year-old</c>, <c>80 años</c>. Durations and prices stay.</summary>
internal sealed class AgeRecognizer : IRecognizer
{
    private const int AgeMax = 120;
    private static readonly HashSet<uint> Before = WordHash.All("anni età age aged edad alter âge eta turned");
    private static readonly HashSet<uint> After = WordHash.All("anni años years year yrs y jahre ans jährige jähriger anos yo");
    private static readonly HashSet<uint> Spanish = WordHash.All("años"); // there the unit belongs to the age
    private static readonly HashSet<uint> AfterAge = WordHash.All("old age edad o");
    private static readonly HashSet<uint> Introduced = WordHash.All("di de è ha of aged der von paciente paziente mujer varón uomo donna man woman hombre niño niña, turned turns is was bambino ragazzo ragazza adolescente homme femme aos los las i'm im am male female");
    private static readonly HashSet<uint> Duration = WordHash.All("da fa per ago for from desde durante hace dopo entro oltre ogni più between esperienza experience mutuo garanzia contratto warranty contract vor seit pendant depuis prossimi ultimi last next past within over");

    public string Name => "age";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        foreach (var k in scan.Digits)
        {
            if (!tokens[k].IsNumber || tokens[k].Length > 3 || Digits.Number(view[tokens[k].Start..tokens[k].End]) is not (>= 1 and <= AgeMax))
            {
                continue;
            }
            var (last, sure) = (k, false);
            if (k > 0 && tokens[k].Start - tokens[k - 1].End <= 3 && (Before.Contains(tokens[k - 1].Hash) || (k > 1 && tokens[k - 1].Length == 2 && tokens[k - 2].Length == 3 && Before.Contains(tokens[k - 2].Hash))) && !tokens[k].Has(Kinds.LineBefore))
            {
                last = k + 1 < tokens.Length && tokens[k + 1].Start - tokens[k].End == 1 && Spanish.Contains(tokens[k + 1].Hash) ? k + 1 : k;
                sure = Bytes.At(view, tokens[k].End) is not ((byte)'/' or (byte)'.' or (byte)',') || !Bytes.IsDigit(Bytes.At(view, tokens[k].End + 1));
            }
            if (!sure && k + 1 < tokens.Length && tokens[k + 1].Start - tokens[k].End == 1 && After.Contains(tokens[k + 1].Hash))
            {
                last = k + 1;
                var old = k + 2 < tokens.Length && tokens[k + 2].Start - tokens[k + 1].End == 1 && AfterAge.Contains(tokens[k + 2].Hash);
                last = Spanish.Contains(tokens[k + 1].Hash) ? k + 1 : k;
                sure = old || (k > 0 && Introduced.Contains(tokens[k - 1].Hash)) || (k > 0 && Bytes.At(view, tokens[k].Start - 2) == ',' && tokens[k - 1].Has(Kinds.Capital));
                sure &= !(k > 0 && Duration.Contains(tokens[k - 1].Hash)) && !(k > 1 && Duration.Contains(tokens[k - 2].Hash)) && !(k + 2 < tokens.Length && Duration.Contains(tokens[k + 2].Hash));
            }
            if (sure)
            {
                scan.Add(EntityTypes.Age, tokens[k].Start, tokens[last].End, 0.7f, "age");
            }
        }
    }
}
