using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>The words of addresses (<c>Tables/streets.tsv</c>), and what may stand between them.</summary>
internal static class Streets
{
    private static readonly Dictionary<string, string[]> Lines = Table.Lists("streets.tsv");

    /// <summary>Kinds of street that stand before the name: via, rue.</summary>
    internal static HashSet<uint> Before { get; } = Words("before");

    /// <summary>And behind it: street.</summary>
    internal static HashSet<uint> After { get; } = Words("after");

    /// <summary>Small words inside a name: della, van.</summary>
    internal static HashSet<uint> Inside { get; } = Words("inside");

    /// <summary>What a number may follow: n., apt.</summary>
    internal static HashSet<uint> Unit { get; } = Words("unit");

    /// <summary>P.zza, V.le: the part behind the dot.</summary>
    internal static HashSet<uint> Short { get; } = Words("short");

    /// <summary>Endings of streets in one word: straße.</summary>
    internal static byte[][] Endings { get; } = [.. Lines["ending"].Select(Encoding.UTF8.GetBytes)];

    /// <summary>One blank, a dot, an apostrophe before it: the same phrase.</summary>
    internal static bool Gap(Scan scan, int at)
    {
        var between = scan.View[scan.Tokens[at - 1].End..scan.Tokens[at].Start];
        return between.Length is 1 or 2 && (between[0] is (byte)' ' or (byte)'\'' or (byte)'-' or (byte)'/' || (between[0] == '.' && scan.Tokens[at - 1].Length <= 5)) && (between.Length == 1 || between[1] is (byte)' ');
    }

    /// <summary>A comma, a dash, a line break too: the next part.</summary>
    internal static bool Near(Scan scan, int at)
    {
        var between = scan.View[scan.Tokens[at - 1].End..scan.Tokens[at].Start];
        return between.Length <= 4 && between.IndexOfAnyExcept(" ,.-'\n\r(/#"u8) < 0;
    }

    /// <summary>Whether any of the words has a digit.</summary>
    internal static bool HasNumber(ReadOnlySpan<Token> tokens)
    {
        foreach (var token in tokens)
        {
            if (token.Has(Kinds.Digit))
            {
                return true;
            }
        }
        return false;
    }

    private static HashSet<uint> Words(string line) => [.. Lines[line].Select(WordHash.Of)];
}
