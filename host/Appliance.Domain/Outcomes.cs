namespace Appliance.Domain;

/// <summary>The kinds of refusal that a caller can act on; each has one exit code and one HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>The request itself is wrong: correct it.</summary>
    Invalid,

    /// <summary>A policy forbids it.</summary>
    Policy,

    /// <summary>It does not exist.</summary>
    NotFound,

    /// <summary>A check failed, such as a gate.</summary>
    Check,

    /// <summary>Something it needs is not available now: try again later.</summary>
    Unavailable,
}

/// <summary>Why something was not done, in words that say what to do; never with user text.</summary>
public sealed record Refusal(RefusalKind Kind, string Code, string Message);

/// <summary>A value, or the reason why there is none.</summary>
public readonly record struct Outcome<T>(T? Value, Refusal? Refusal)
    where T : class
{
    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);
}

/// <summary>Who asks, as the kernel said.</summary>
/// <param name="Id">Such as <c>uid:1000</c>.</param>
/// <param name="Role"><c>client</c>, <c>operator</c>, <c>auditor</c> or <c>approver</c>.</param>
public sealed record Caller(string Id, string Role);
