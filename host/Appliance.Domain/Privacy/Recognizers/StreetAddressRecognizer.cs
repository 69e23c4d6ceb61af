namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Italian street addresses: kind of street, name, and house number, CAP and city where they follow.</summary>
public sealed class StreetAddressRecognizer : IRecognizer
{
    private const string Kinds =
        @"(?:[Vv]ia|VIA|[Vv]iale|VIALE|[Vv]\.le|[Pp]iazza|PIAZZA|[Pp]\.?zza|[Pp]iazzale|[Pp]iazzetta|[Cc]orso|CORSO|[Cc]\.so|[Ll]argo|" +
        @"[Vv]icolo|[Ss]trada|[Cc]alle|[Cc]ontrada|[Ll]ungomare|[Ll]ungotevere|[Ll]ungarno|[Gg]alleria|[Ss]alita|[Tt]raversa|[Bb]orgo)";

    private const string Name =
        @"(?:(?: (?:d[aei]|de[il]|dell[aeo]|dall[ae]|degli|delle|della|dei|del|di|d'|dell'|all'|lo|la|le|i|il|San|Santa|S\.|e|[IVX]+|\d{1,2}))*" +
        @" ?(?:\p{Lu}[\p{L}'.]*|\d{1,2} \p{Lu}\p{Ll}+)){1,4}";

    private const string Number =
        @"(?:[ ,]{1,3}(?:n(?:umero|\.|°|r\.)?[ ]?°?[ ]?|civico )?\d{1,4}(?:(?:/?[a-zA-Z]| [A-Z])\b)?(?:/\d{1,3})?)?";

    private const string City = @"(?:[ ,\-]{1,3}\d{5}(?: \p{Lu}[\p{L}']+){0,3}(?: \(?[A-Z]{2}\)?)?)?";

    private static readonly Pattern Address = new($@"\b{Kinds}{Name}{Number}{City}");

    public string EntityType => EntityTypes.StreetAddress;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Address.Matches(view.Text))
        {
            var numbered = match.Value.Any(char.IsAsciiDigit);
            yield return new PiiFinding(
                EntityType, match.Index, match.Index + match.Length, numbered ? 0.9 : 0.7, numbered ? "street-number" : "street");
        }
    }
}
