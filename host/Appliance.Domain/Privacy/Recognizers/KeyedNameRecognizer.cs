using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Names that their key announces, in the text of JSON and XML: <c>"family": "Conti"</c>, <c>&lt;Cognome&gt;Pace&lt;/Cognome&gt;</c>.</summary>
/// <remarks>Only keys that nothing but a person has: a bare <c>name</c> may be a product's.</remarks>
internal sealed class KeyedNameRecognizer : IRecognizer
{
    private const int ValueMax = 64, GapMax = 4, NameMax = 24, WordsMax = 5;
    private const float Score = 0.8f;

    private static readonly HashSet<uint> Keys = WordHash.All("cognome surname lastname firstname familyname givenname fullname middlename family given apellido apellidos prenom prénom vorname nachname nominativo intestatario assistito cognomenome");
    private static readonly HashSet<uint> Which = WordHash.All("first last family given full middle maiden");
    private static readonly uint Of = WordHash.Of("name");

    public string Name => "keyed names";

    public void Find(Scan scan)
    {
        // 1 JSON: the key's last word stands before a quotation mark.
        foreach (var k in scan.Marks)
        {
            if (scan.Tokens[k].After == '"' && IsKey(scan.Tokens, k))
            {
                Quoted(scan, scan.Tokens[k].End + 1);
            }
        }
        // 2 XML: the closing tag tells its name.
        var view = scan.View;
        for (var close = view.IndexOf("</"u8); close >= 0; close = Bytes.Next(view, close + 2, "</"u8))
        {
            var rest = view[(close + 2)..Math.Min(view.Length, close + 2 + NameMax)];
            var name = rest.IndexOf((byte)'>') is var end and > 0 ? rest[..end] : default;
            name = name[(name.IndexOf((byte)':') + 1)..];
            var open = view[Math.Max(0, close - ValueMax)..close].LastIndexOf((byte)'>');
            if (name.Length > 0 && open >= 0 && Keys.Contains(WordHash.Of(name)))
            {
                Value(scan, Math.Max(0, close - ValueMax) + open + 1, close);
            }
        }
    }

    // family, first_name, "given name"
    private static bool IsKey(ReadOnlySpan<Token> tokens, int k) =>
        Keys.Contains(tokens[k].Hash) || (tokens[k].Hash == Of && k > 0 && tokens[k].Start - tokens[k - 1].End == 1 && Which.Contains(tokens[k - 1].Hash));

    // : "Conti", or : ["Adele", "Maria"]
    private static void Quoted(Scan scan, int at)
    {
        var view = scan.View;
        var from = at;
        while (from < at + GapMax && Bytes.At(view, from) is (byte)':' or (byte)' ' or (byte)'[')
        {
            from++;
        }
        if (from == at || Bytes.At(view, from) != '"')
        {
            return;
        }
        var length = view[(from + 1)..Math.Min(view.Length, from + 1 + ValueMax)].IndexOf((byte)'"');
        if (length > 0)
        {
            Value(scan, from + 1, from + 1 + length);
        }
    }

    private static void Value(Scan scan, int start, int end)
    {
        var value = scan.View[start..end];
        var trimmed = value.Trim(" \n\r\t"u8);
        if (trimmed.Length > 1 && trimmed.IndexOfAny("0123456789{}<>=$@/"u8) < 0 && Bytes.HasWord(trimmed) && trimmed.Count((byte)' ') < WordsMax)
        {
            start += value.IndexOf(trimmed);
            scan.Add(EntityTypes.Person, start, start + trimmed.Length, Score, "key");
        }
    }
}
