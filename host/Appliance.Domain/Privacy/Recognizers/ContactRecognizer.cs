using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Cards of contacts (vCard, RFC 6350): the property says what its value is.</summary>
internal sealed class ContactRecognizer : IRecognizer
{
    private const int NameMax = 16;
    private const float Score = 0.9f;

    private static readonly Dictionary<string, string> Properties = new()
    {
        ["N"] = EntityTypes.Person, ["FN"] = EntityTypes.Person, ["NICKNAME"] = EntityTypes.Person, ["ADR"] = EntityTypes.StreetAddress, ["BDAY"] = EntityTypes.BirthDate, ["TEL"] = EntityTypes.Phone,
    };

    public string Name => "contacts";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var at = view.IndexOf("BEGIN:VCARD"u8);
        while (at >= 0)
        {
            at = Bytes.Next(view, Card(scan, at), "BEGIN:VCARD"u8);
        }
    }

    // From line to line up to the end of the card, past a picture of a thousand lines; each line is read once. Where the card ends.
    private static int Card(Scan scan, int at)
    {
        var view = scan.View;
        while (at < view.Length)
        {
            var length = view[at..].IndexOf((byte)'\n');
            var line = view.Slice(at, length < 0 ? view.Length - at : length).TrimEnd((byte)'\r');
            if (line.StartsWith("END:VCARD"u8))
            {
                break;
            }
            Line(scan, at, line);
            at += length < 0 ? view.Length - at : length + 1;
        }
        return at;
    }

    // item1.TEL;TYPE=CELL:+39 347 1234567
    private static void Line(Scan scan, int at, ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 1)
        {
            return;
        }
        var name = line[..colon];
        name = name.IndexOf((byte)';') is var parameters and > 0 ? name[..parameters] : name;
        name = name[(name.LastIndexOf((byte)'.') + 1)..];
        var value = line[(colon + 1)..];
        var blank = value.IndexOfAnyExcept((byte)';', (byte)' ');
        if (name.Length <= NameMax && Bytes.HasWord(value) && Properties.TryGetValue(Encoding.Latin1.GetString(name).ToUpperInvariant(), out var type))
        {
            scan.Add(type, at + colon + 1 + blank, at + colon + 1 + value.TrimEnd("; "u8).Length, Score, "vcard");
        }
    }
}
