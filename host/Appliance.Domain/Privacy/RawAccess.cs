namespace Appliance.Domain.Privacy;

/// <summary>Where raw text leaves its wrapper because a policy rule said that it may.</summary>
internal static class RawAccess
{
    /// <summary>Call only behind an allowing rule without the obligation to redact.</summary>
    internal static string ByPolicy(Sensitive<string> text) => text.Reveal();
}
