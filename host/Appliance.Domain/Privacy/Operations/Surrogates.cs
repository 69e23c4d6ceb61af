using System.Text;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Values that look real and are nobody's: drawn from the key, the same for the same value, with checksums that hold.</summary>
internal static class Surrogates
{
    private const int AttemptsMax = 20_000;
    private static readonly Lazy<string[]> First = new(() => Names("firstname.txt")), Last = new(() => Names("lastname.txt")), Cities = new(() => Names("city.txt"));

    // The check of each kind that has one, whatever its shape.
    private static readonly Lazy<Dictionary<string, Check>> Checked = new(() => Table.Lines("codes.tsv").Select(l => l.Split('\t')).Where(f => f[2] != "-")
        .DistinctBy(f => f[0]).ToDictionary(f => f[0], f => CheckTable.For(f[2])!)); // lines without a check are left out

    internal static string For(string type, string value, RedactionKeys keys)
    {
        var normal = Operators.Normal(value);
        var draw = keys.Draw(type, normal, 0);
        string Of(string[] list, int at) => list[BitConverter.ToUInt32(draw, at) % (uint)list.Length];
        return type switch
        {
            EntityTypes.Person => value.Contains(' ', StringComparison.Ordinal) ? $"{Of(First.Value, 0)} {Of(Last.Value, 4)}" : Of(First.Value, 0),
            EntityTypes.Location => Of(Cities.Value, 0),
            EntityTypes.Organization => $"{Of(Last.Value, 0)} {Of(Last.Value, 4)} S.r.l.",
            EntityTypes.Email => $"{Plain(Of(First.Value, 0))}.{Plain(Of(Last.Value, 4))}@example.org",
            EntityTypes.StreetAddress => $"Via {Of(Last.Value, 0)} {1 + (draw[8] % 199)}, {Of(Cities.Value, 12)}",
            EntityTypes.Url => $"https://example.org/{Convert.ToHexStringLower(draw.AsSpan(0, 4))}",
            EntityTypes.IpAddress => $"192.0.2.{draw[0]}", // RFC 5737: for documents
            EntityTypes.Secret or EntityTypes.Date or EntityTypes.BirthDate or EntityTypes.Age => $"<{type}>",
            _ => Alike(type, value, normal, keys),
        };
    }

    // The same shape with other digits and letters, drawn again until the check holds.
    private static string Alike(string type, string value, string normal, RedactionKeys keys)
    {
        var check = Checked.Value.GetValueOrDefault(type);
        check = check is not null && Valid(check, value) ? check : null;
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var drawn = Draw(type, value, normal, keys, attempt);
            if (drawn != value && (check is null || Valid(check, drawn)))
            {
                return drawn;
            }
        }
        return $"<{type}>";
    }

    private static bool Valid(Check check, string value)
    {
        var code = Encoding.ASCII.GetBytes(Operators.Normal(value));
        try
        {
            return check(code);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return false; // another shape than the check's own
        }
    }

    private static string Draw(string type, string value, string normal, RedactionKeys keys, int attempt)
    {
        var (result, bytes, at) = (new StringBuilder(), keys.Draw(type, normal, attempt), 0);
        var kept = type is EntityTypes.Iban or "DE_VAT_ID" ? 2 : type == EntityTypes.CreditCard ? 1 : 0; // the country, the network
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                result.Append(c);
                continue;
            }
            if (at == bytes.Length)
            {
                (bytes, at) = (keys.Draw(type, normal, attempt + AttemptsMax + 1), 0);
            }
            var next = bytes[at++];
            result.Append(kept-- > 0 ? c : char.IsAsciiDigit(c) ? (char)('0' + (next % 10)) : char.IsUpper(c) ? (char)('A' + (next % 26)) : (char)('a' + (next % 26)));
        }
        return result.ToString();
    }

    private static string[] Names(string table) => [.. Table.Lines(table).Where(n => n.All(c => char.IsLetter(c) && c < 0x100))];

    private static string Plain(string name) => string.Concat(name.Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetter)).ToLowerInvariant();
}
