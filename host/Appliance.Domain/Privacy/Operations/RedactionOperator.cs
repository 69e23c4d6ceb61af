namespace Appliance.Domain.Privacy;

/// <summary>What is put in the place of a finding.</summary>
public enum RedactionOperator
{
    /// <summary>The kind in angle brackets: <c>&lt;PERSON&gt;</c>.</summary>
    Replace,

    /// <summary>Asterisks, with the last two characters left.</summary>
    Mask,

    /// <summary>Nothing at all.</summary>
    Redact,

    /// <summary>The kind with a number that stays the same for the same value: <c>&lt;PERSON_1&gt;</c>.</summary>
    Pseudonymize,

    /// <summary>The value itself.</summary>
    Keep,

    /// <summary>A keyed hash: equal values can be counted, and not undone.</summary>
    Hash,

    /// <summary>AES-256-GCM: opened with the key alone; equal values differ.</summary>
    Encrypt,

    /// <summary>AES-SIV: opened with the key alone; equal values stay equal, for joins.</summary>
    EncryptSame,

    /// <summary>FF1 over the digits: the same shape, opened with the key alone.</summary>
    FormatPreserve,

    /// <summary>Another value that looks real, with checksums that hold; the same for the same value.</summary>
    Surrogate,

    /// <summary>A date moved by days that are the subject's own, so that intervals stay.</summary>
    DateShift,

    /// <summary>Less of it: a band of ages, three digits of a postal code, the year, the network.</summary>
    Generalise,
}
