using System.Buffers;
using System.Text;
using Appliance.Domain.Privacy.Checks;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Site;

/// <summary>A kind of personal data that only one site has, such as its customers' numbers.</summary>
/// <param name="Name">Capitals, digits and _; none that the appliance has.</param>
/// <param name="Check">A checksum over letters and digits; null for none.</param>
/// <param name="Near">Words of which one must stand near; empty where the pattern says enough.</param>
/// <param name="Score">How sure a find is, 0 to 1.</param>
public sealed record OwnKind(string Name, SafePattern Pattern, string? Check, IReadOnlyList<string> Near, float Score = 0.95f)
{
    private const int NameMin = 3, NameMax = 40;

    /// <summary>Whether a kind may be called so: capitals, digits and _, and no kind of the appliance.</summary>
    public static bool IsName(string name) => name is { Length: >= NameMin and <= NameMax } && char.IsAsciiLetterUpper(name[0])
        && name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') && !EntityTypes.All.Contains(name);
}

/// <summary>Finds a site's own kinds in the normalised view, where every byte is a character: places need no translation.</summary>
internal sealed class OwnKindRecognizer(IReadOnlyList<OwnKind> kinds) : IRecognizer
{
    private const int WordsBefore = 8, WordsBehind = 4;
    private readonly (OwnKind Kind, Check? Check, HashSet<uint> Near)[] _kinds =
        [.. kinds.Select(k => (k, CheckTable.For(k.Check ?? "-"), k.Near.Select(WordHash.Of).ToHashSet()))];

    public string Name => "own";

    public void Find(Scan scan)
    {
        var view = scan.View;
        var characters = ArrayPool<char>.Shared.Rent(view.Length);
        try
        {
            var text = characters.AsSpan(0, Encoding.Latin1.GetChars(view, characters));
            foreach (var (kind, check, near) in _kinds)
            {
                foreach (var match in kind.Pattern.Matches(text))
                {
                    if (match.Length > 0 && (check is null || Holds(check, view.Slice(match.Index, match.Length))) && (near.Count == 0 || IsNear(scan, match.Index, match.Index + match.Length, near)))
                    {
                        scan.Add(kind.Name, match.Index, match.Index + match.Length, kind.Score, "own pattern");
                    }
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters, clearArray: true);
        }
    }

    private static bool Holds(Check check, ReadOnlySpan<byte> written)
    {
        byte[] code = [.. written.ToArray().Where(b => char.IsAsciiLetterOrDigit((char)b)).Select(b => (byte)char.ToUpperInvariant((char)b))];
        return code.Length > 1 && check(code);
    }

    private static bool IsNear(Scan scan, int start, int end, HashSet<uint> near)
    {
        var tokens = scan.Tokens;
        var (low, high) = (0, tokens.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = tokens[middle].End <= start ? (middle + 1, high) : (low, middle);
        }
        for (var k = Math.Max(0, low - WordsBefore); k < tokens.Length && (tokens[k].Start < end || k < low + WordsBehind + 1); k++)
        {
            if (near.Contains(tokens[k].Hash))
            {
                return true;
            }
        }
        return false;
    }
}
