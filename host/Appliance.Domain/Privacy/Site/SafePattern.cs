using System.Text.RegularExpressions;

namespace Appliance.Domain.Privacy.Site;

/// <summary>A regular expression that somebody else wrote: it runs in linear time, or it is refused when the policy is read.</summary>
public sealed class SafePattern
{
    /// <summary>Longest pattern, in characters.</summary>
    public const int LengthMax = 500;

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private readonly Regex _regex, _whole;

    private SafePattern(string pattern) => (_regex, _whole) = (new Regex(pattern, Options), new Regex($@"\A(?:{pattern})\z", Options));

    /// <returns>The pattern, or what is wrong with it.</returns>
    public static (SafePattern? Pattern, string? Problem) Read(string pattern)
    {
        if (pattern.Length is 0 or > LengthMax || !System.Text.Ascii.IsValid(pattern))
        {
            return (null, $"must have 1 to {LengthMax} characters of ASCII; it is matched against text whose spaces, dashes and digits are written in ASCII");
        }
        try
        {
            var read = new SafePattern(pattern);
            return read._regex.IsMatch("") ? (null, "matches nothing at all, so it would match everywhere") : (read, null);
        }
        catch (ArgumentException)
        {
            return (null, "is no regular expression");
        }
        catch (NotSupportedException)
        {
            return (null, "looks around or refers back, which cannot be matched in linear time: write it without (?=, (?!, (?<=, (?<!, (?> and \\1");
        }
    }

    internal bool IsWhole(string text) => _whole.IsMatch(text);

    internal Regex.ValueMatchEnumerator Matches(ReadOnlySpan<char> text) => _regex.EnumerateMatches(text);
}
