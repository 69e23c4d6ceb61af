namespace Appliance.Domain.Privacy;

/// <summary>What the places of finds count.</summary>
public enum PlaceUnit
{
    /// <summary>Code units of UTF-16: what C#, Java and JavaScript count.</summary>
    Utf16,

    /// <summary>Code points of Unicode: what Python counts.</summary>
    CodePoint,

    /// <summary>Bytes of UTF-8.</summary>
    Utf8,
}
