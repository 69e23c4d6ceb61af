using System.Globalization;
using System.Net;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Less of a value: what is left is true, and fits many.</summary>
internal static class Generalising
{
    private const int BandYears = 10, OldestBand = 90, PostalDigits = 3;

    internal static string Of(string type, string value) => type switch
    {
        EntityTypes.Age => Band(value),
        EntityTypes.Date or EntityTypes.BirthDate => Year(value) ?? $"<{type}>",
        EntityTypes.IpAddress => Network(value) ?? $"<{type}>",
        EntityTypes.Coordinates => string.Join(", ", value.Split(',').Select(c => double.TryParse(c.Trim(), CultureInfo.InvariantCulture, out var d) ? d.ToString("0.0", CultureInfo.InvariantCulture) : "?")),
        _ when type.EndsWith("POSTAL_CODE", StringComparison.Ordinal) || type is "ZIP_CODE" or "DE_PLZ" => value.Length > PostalDigits ? value[..PostalDigits] + new string('*', value.Length - PostalDigits) : $"<{type}>",
        EntityTypes.Email => value.LastIndexOf('@') is var at and > 0 ? "*" + value[at..] : $"<{type}>",
        _ => $"<{type}>",
    };

    // HIPAA, 45 CFR 164.514(b)(2)(i)(C): ninety and above are one.
    private static string Band(string value)
    {
        var digits = string.Concat(value.Where(char.IsAsciiDigit));
        if (!int.TryParse(digits, CultureInfo.InvariantCulture, out var age))
        {
            return $"<{EntityTypes.Age}>";
        }
        var from = age / BandYears * BandYears;
        return value.Replace(digits, age >= OldestBand ? $"{OldestBand}+" : $"{from}-{from + BandYears - 1}", StringComparison.Ordinal);
    }

    private static string? Year(string value)
    {
        for (var k = 0; k + 4 <= value.Length; k++)
        {
            if (value.AsSpan(k, 4).IndexOfAnyExceptInRange('0', '9') < 0 && (k == 0 || !char.IsAsciiDigit(value[k - 1])) && (k + 4 == value.Length || !char.IsAsciiDigit(value[k + 4])))
            {
                return value.Substring(k, 4);
            }
        }
        return null;
    }

    private static string? Network(string value)
    {
        if (!IPAddress.TryParse(value.Split('/', '%')[0], out var ip))
        {
            return null;
        }
        var bytes = ip.GetAddressBytes();
        var kept = bytes.Length == 4 ? 3 : 6;
        Array.Clear(bytes, kept, bytes.Length - kept);
        return $"{new IPAddress(bytes)}/{kept * 8}";
    }
}
