using System.Text;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Which words end the name of a host.</summary>
internal static class Domains
{
    private const int TopMax = 24;
    private static readonly HashSet<uint> Tops = [.. Table.Lines("tlds.txt").Select(t => WordHash.Of(t))];

    // Names of files that end like hosts do.
    private static readonly HashSet<uint> Files = [.. "md py rs sh pl so zip mov cc ps ai app java cs php vi am ms mk ml bz gz rar src info".Split(' ').Select(t => WordHash.Of(t))];

    internal static bool IsTop(ReadOnlySpan<byte> label) => label.Length is >= 2 and <= TopMax && Tops.Contains(WordHash.Of(label));

    internal static bool IsFile(ReadOnlySpan<byte> label) => Files.Contains(WordHash.Of(label));
}
