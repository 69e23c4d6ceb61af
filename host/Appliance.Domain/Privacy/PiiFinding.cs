using Appliance.Domain.Privacy.Codes;

namespace Appliance.Domain.Privacy;

/// <summary>A stretch of text that a recognizer takes for personal data.</summary>
/// <param name="EntityType">A name of <see cref="EntityTypes"/>.</param>
/// <param name="Start">First UTF-16 code unit in the original text.</param>
/// <param name="End">One past the last.</param>
/// <param name="Score">How sure the recognizer is, 0 to 1.</param>
/// <param name="Why">The rule that fired, such as <c>mod97</c>; never a part of the text.</param>
public sealed record PiiFinding(string EntityType, int Start, int End, double Score, string Why);

/// <summary>The kinds of personal data that this appliance can find; any other name in a policy or a request is an error.</summary>
public static class EntityTypes
{
    public const string Person = "PERSON";
    public const string Location = "LOCATION";
    public const string Organization = "ORGANIZATION";
    public const string StreetAddress = "STREET_ADDRESS";
    public const string Email = "EMAIL_ADDRESS";
    public const string Phone = "PHONE_NUMBER";
    public const string Iban = "IBAN_CODE";
    public const string CreditCard = "CREDIT_CARD";
    public const string FiscalCode = "IT_FISCAL_CODE";
    public const string VatCode = "IT_VAT_CODE";
    public const string IpAddress = "IP_ADDRESS";
    public const string MacAddress = "MAC_ADDRESS";
    public const string Url = "URL";
    public const string Date = "DATE_TIME";
    public const string BirthDate = "BIRTH_DATE";
    public const string Age = "AGE";
    /// <summary>Nationality, people, religion, party; the name is Presidio's.</summary>
    public const string Origin = "NRP";

    public const string Crypto = "CRYPTO";
    public const string Secret = "SECRET";
    public const string Username = "USERNAME";
    public const string Uuid = "UUID";
    public const string Coordinates = "COORDINATES";

    /// <summary>A whole value of a column that a policy hides, whatever is in it.</summary>
    public const string Value = "VALUE";

    /// <summary>All of them: those above, and those of the table of codes.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. new[]
        {
            Person, Location, Organization, StreetAddress, Email, Phone, Iban, CreditCard, FiscalCode, VatCode, IpAddress, MacAddress, Url,
            Date, BirthDate, Age, Origin, Crypto, Secret, Username, Uuid, Coordinates, Value,
        }.Union(CodeRule.Types),
    ];
}

/// <summary>A recognizer broke or took too long. Nothing may go on as if the text were clean.</summary>
public sealed class DetectionFailedException : Exception
{
    public DetectionFailedException(string recognizer, string reason)
        : this($"The recognizer {recognizer} {reason}; the text was not processed.") => Recognizer = recognizer;

    private DetectionFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Which one; <c>all</c> where the text itself was refused.</summary>
    public string Recognizer { get; } = "all";

    /// <summary>A text that is not looked at.</summary>
    internal static DetectionFailedException Refused(string why) => new($"The text {why}; it was not processed.");
}
