using System.Buffers;
using System.Net;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>IP addresses of both kinds in every form of RFC 4291, and MAC addresses in three.</summary>
internal sealed class NetworkRecognizer : IRecognizer
{
    private const int LengthMax = 64, PortMax = 6;
    private static readonly CueSet Numbered = CueLexicon.Group("part"), Net = CueLexicon.Group("net");
    private static readonly SearchValues<byte> Six = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    public string Name => "network";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        var done = 0;
        foreach (var k in scan.Marks)
        {
            if (tokens[k].Length > 4 || tokens[k].Start < done)
            {
                continue;
            }
            var after = tokens[k].After;
            var before = Bytes.At(view, tokens[k].Start - 1);
            var end = after == '.' && tokens[k].IsNumber && before is not ((byte)'.' or (byte)'-') ? Four(scan, k) : 0;
            if (end == 0 && after == ':')
            {
                end = SixOrMac(scan, tokens[k].Start);
            }
            if (end == 0 && after is (byte)'-' or (byte)'.' && tokens[k].Length is 2 or 4)
            {
                end = Mac(scan, tokens[k].Start);
            }
            done = Math.Max(done, end);
        }
        foreach (var k in scan.Digits)
        {
            if (tokens[k].Start >= done && tokens[k].After is (byte)'(' or (byte)' ' or (byte)'{' && Apart(scan, k) is var end and > 0)
            {
                done = end;
            }
        }
        for (var at = view.IndexOf("::"u8); at >= 0; at = Bytes.Next(view, at + 2, "::"u8))
        {
            if (at >= done && Bytes.IsHex(Bytes.At(view, at + 2)) && !Bytes.IsWord(Bytes.At(view, at - 1)))
            {
                done = Math.Max(done, SixOrMac(scan, at + 2)); // ::1
            }
            else if (!Bytes.IsWord(Bytes.At(view, at + 2)) && !Bytes.IsWord(Bytes.At(view, at - 1)) && Bytes.At(view, at + 2) != ':' && Bytes.At(view, at - 1) != ':')
            {
                scan.Add(EntityTypes.IpAddress, at, at + 2, 0.5f, "v6");
            }
        }
    }

    // 10(.)0(.)5(.)3, 10 dot 0 dot 5 dot 3: where it ends, 0 for none
    private static int Apart(Scan scan, int first)
    {
        var last = first;
        for (var parts = 1; last >= 0 && IsPart(scan, last); parts++)
        {
            if (parts == 4)
            {
                scan.Add(EntityTypes.IpAddress, scan.Tokens[first].Start, scan.Tokens[last].End, 0.8f, "v4");
                return scan.Tokens[last].End;
            }
            last = HiddenDots.Behind(scan, last);
        }
        return 0;
    }

    private static bool IsPart(Scan scan, int token) => scan.Tokens[token] is { IsNumber: true, Length: <= 3 } number && Checks.Digits.Number(scan.View[number.Start..number.End]) <= 255;

    private static int Four(Scan scan, int first)
    {
        var view = scan.View;
        var tokens = scan.Tokens;
        if (first + 3 >= tokens.Length)
        {
            return 0;
        }
        for (var k = 0; k < 4; k++)
        {
            var token = tokens[first + k];
            if (!IsPart(scan, first + k) || (k > 0 && (token.Start - tokens[first + k - 1].End != 1 || view[token.Start - 1] != '.')))
            {
                return 0;
            }
        }
        var end = tokens[first + 3].End;
        if (Bytes.At(view, end) == '.' && Bytes.IsDigit(Bytes.At(view, end + 1)))
        {
            return 0;
        }
        if (Bytes.At(view, end) == '/' && first + 4 < tokens.Length && tokens[first + 4] is { IsNumber: true, Length: <= 2 } bits && bits.Start == end + 1)
        {
            end = bits.End;
        }
        if (!IsNumbered(scan, first))
        {
            scan.Add(EntityTypes.IpAddress, tokens[first].Start, end, 0.9f, "v4");
        }
        return end;
    }

    // A chapter or a version, not a machine: a word says so directly before it. And no machine is called 1.000.000.000.
    private static bool IsNumbered(Scan scan, int first)
    {
        var tokens = scan.Tokens;
        if (scan.Before(first, 2).Has(Net))
        {
            return false;
        }
        var thousands = true;
        for (var k = 1; k < 4; k++)
        {
            thousands &= tokens[first + k].Length == 3;
        }
        return scan.Before(first, 1).Has(Numbered) || (thousands && tokens[first].Length < 3 && Bytes.StandsAt(scan.View, tokens[first + 3].Start, "000"u8));
    }

    private static int SixOrMac(Scan scan, int first)
    {
        var view = scan.View;
        var start = first;
        while (start > 0 && view[start - 1] == ':' && start > first - 2)
        {
            start--;
        }
        if (Mac(scan, start) is var mac and > 0)
        {
            return mac;
        }
        var rest = view[start..Math.Min(view.Length, start + LengthMax)];
        var length = rest.IndexOfAnyExcept(Six);
        length = length < 0 ? rest.Length : length;
        while (length > 2 && rest[length - 1] is (byte)'.' or (byte)':' && !(rest[length - 1] == ':' && rest[length - 2] == ':'))
        {
            length--;
        }
        var run = rest[..length];
        if (run.Count((byte)':') == 8 && run.LastIndexOf((byte)':') is var port && length - port <= PortMax)
        {
            run = run[..(length = port)]; // eight groups and a port
        }
        if (length < 3 || run.Count((byte)':') < 2 || (start > 0 && Bytes.IsWord(view[start - 1])) || Bytes.IsWord(Bytes.At(view, start + length)) || !IPAddress.TryParse(run, out var ip) || ip.GetAddressBytes().Length != 16)
        {
            return 0;
        }
        var end = start + length;
        if (Bytes.At(view, end) == '%')
        {
            for (end++; end < view.Length && Bytes.IsWord(view[end]) && end < start + LengthMax; end++)
            {
            }
        }
        if (Bytes.At(view, end) == '/' && Bytes.IsDigit(Bytes.At(view, end + 1)))
        {
            for (end++; end < view.Length && Bytes.IsDigit(view[end]) && end < start + LengthMax + 4; end++)
            {
            }
        }
        scan.Add(EntityTypes.IpAddress, start, end, 0.9f, "v6");
        return end;
    }

    // aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff
    private static int Mac(Scan scan, int start)
    {
        var view = scan.View;
        var (size, count) = Bytes.At(view, start + 4) == '.' ? (4, 3) : (2, 6);
        var (separator, end, letters) = (Bytes.At(view, start + size), start + ((size + 1) * count) - 1, false);
        if (end > view.Length || separator is not ((byte)':' or (byte)'-' or (byte)'.') || (separator == '.') != (size == 4) || (start > 0 && Bytes.IsWord(view[start - 1])) || Bytes.IsWord(Bytes.At(view, end)) || Bytes.At(view, end) == separator)
        {
            return 0;
        }
        for (var k = start; k < end; k++)
        {
            if ((k - start) % (size + 1) == size ? view[k] != separator : !Bytes.IsHex(view[k]))
            {
                return 0;
            }
            letters |= char.IsAsciiLetter((char)view[k]);
        }
        var body = view[start..end];
        if ((size == 4 && !letters) || body.IndexOfAnyExcept((byte)'0', separator) < 0 || body.IndexOfAnyExcept((byte)'f', (byte)'F', separator) < 0)
        {
            return 0;
        }
        scan.Add(EntityTypes.MacAddress, start, end, 0.9f, "mac");
        return end;
    }
}
