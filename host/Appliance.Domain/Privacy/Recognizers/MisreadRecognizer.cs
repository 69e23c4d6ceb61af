using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Codes in which letters and digits that look alike changed places, as scanners and tired people write them: O for 0, I for 1, S for 5.</summary>
/// <remarks>Only behind a word that announces them; accounts and cards must be right once they are read as meant.</remarks>
internal sealed class MisreadRecognizer : IRecognizer
{
    private const int GroupsMax = 10, GroupMin = 3, WordsBefore = 3, CardLength = 16;
    private const float Score = 0.8f;
    private static readonly CueSet Account = CueLexicon.Group("iban"), Card = CueLexicon.Group("card"), Person = CueLexicon.Group("it-cf");
    private static readonly CueSet Announced = Account | Card | Person;

    public string Name => "misread";

    public void Find(Scan scan)
    {
        var tokens = scan.Tokens;
        var (next, near) = (0, new NearCues());
        foreach (var k in scan.Digits)
        {
            if (k < next || tokens[k].Length < GroupMin || !tokens[k].Has(Kinds.Upper | Kinds.Lower) || tokens[k].Has(Kinds.High) || !near.Any(scan, k))
            {
                continue;
            }
            var cues = scan.Before(k);
            for (var first = k; first >= Math.Max(next, k - WordsBefore) && cues.Has(Announced); first--)
            {
                if (At(scan, first, cues) is var last and > 0)
                {
                    next = last + 1;
                    break;
                }
            }
        }
    }

    // Where a code ends that begins at a token; 0 for none.
    private static int At(Scan scan, int first, CueSet cues)
    {
        Span<byte> code = stackalloc byte[Iban.LengthMax], read = stackalloc byte[Iban.LengthMax];
        var token = scan.Tokens[first];
        var shape = cues.Has(Account) && token.Length > 1 ? Iban.ShapeOf(Bytes.Capital(scan.View[token.Start]), Bytes.Capital(scan.View[token.Start + 1])) : null;
        if (shape is not null)
        {
            var length = Iban.HeadLength + shape.Length;
            if (Collect(scan, first, code[..length]) is var account and > 0 && IsAccount(code[..length], shape, read[..length]))
            {
                return Add(scan, EntityTypes.Iban, first, account);
            }
        }
        if (cues.Has(Card | Person) && Collect(scan, first, code[..CardLength]) is var last and > 0)
        {
            return cues.Has(Person) && IsPerson(code[..CardLength], read) ? Add(scan, EntityTypes.FiscalCode, first, last)
                : cues.Has(Card) && IsCard(code[..CardLength], read) ? Add(scan, EntityTypes.CreditCard, first, last) : 0;
        }
        return 0;
    }

    private static int Add(Scan scan, string type, int first, int last)
    {
        scan.Add(type, scan.Tokens[first].Start, scan.Tokens[last].End, Score, "misread");
        return last;
    }

    // The groups from a token on that fill the code exactly; the last of them, 0 where they do not.
    private static int Collect(Scan scan, int first, Span<byte> code)
    {
        var tokens = scan.Tokens;
        var length = 0;
        for (var k = first; k < tokens.Length && k < first + GroupsMax; k++)
        {
            if (tokens[k].Has(Kinds.High) || length + tokens[k].Length > code.Length || (k > first && CodeRecognizer.Separator(scan.View, tokens[k - 1], tokens[k]) == 0))
            {
                return 0;
            }
            scan.View[tokens[k].Start..tokens[k].End].CopyTo(code[length..]);
            length += tokens[k].Length;
            if (length == code.Length)
            {
                return k;
            }
            if (tokens[k].Length < GroupMin)
            {
                return 0;
            }
        }
        return 0;
    }

    // Check digits are digits; the rest as the country has it, or all digits where it leaves that open.
    private static bool IsAccount(ReadOnlySpan<byte> code, string shape, Span<byte> read)
    {
        for (var open = 0; open < 2; open++)
        {
            for (var k = 0; k < code.Length; k++)
            {
                var kind = k < 2 ? 'a' : k < Iban.HeadLength ? 'n' : shape[k - Iban.HeadLength];
                read[k] = kind == 'n' || (kind == 'c' && open == 1) ? AsDigit(code[k]) : kind == 'a' ? AsLetter(code[k]) : Bytes.Capital(code[k]);
            }
            if (Iban.Holds(read))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsCard(ReadOnlySpan<byte> code, Span<byte> read)
    {
        for (var k = 0; k < code.Length; k++)
        {
            read[k] = AsDigit(code[k]);
        }
        return read[..code.Length].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Checks.Card.Holds(read[..code.Length]);
    }

    // S may stand for 6 by law, or for 5 by mistake.
    private static bool IsPerson(ReadOnlySpan<byte> code, Span<byte> read)
    {
        for (var mistaken = 0; mistaken < 2; mistaken++)
        {
            for (var k = 0; k < code.Length; k++)
            {
                read[k] = !ItalianCodes.IsDigitPlace(k) ? AsLetter(code[k]) : code[k] == 'S' && mistaken == 0 ? code[k] : AsDigit(code[k]);
            }
            if (ItalianCodes.HasShape(read[..code.Length]))
            {
                return true;
            }
        }
        return false;
    }

    private static byte AsDigit(byte b) => b switch
    {
        (byte)'O' or (byte)'o' or (byte)'Q' or (byte)'D' => (byte)'0',
        (byte)'I' or (byte)'l' or (byte)'i' => (byte)'1',
        (byte)'Z' or (byte)'z' => (byte)'2',
        (byte)'S' or (byte)'s' => (byte)'5',
        (byte)'G' => (byte)'6',
        (byte)'B' => (byte)'8',
        _ => Bytes.Capital(b),
    };

    private static byte AsLetter(byte b) => b switch
    {
        (byte)'0' => (byte)'O',
        (byte)'1' => (byte)'I',
        (byte)'2' => (byte)'Z',
        (byte)'5' => (byte)'S',
        (byte)'6' => (byte)'G',
        (byte)'8' => (byte)'B',
        _ => Bytes.Capital(b),
    };
}
