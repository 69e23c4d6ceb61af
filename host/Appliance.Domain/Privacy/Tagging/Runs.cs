namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Changes of tags that keep them runs: a first word and further ones.</summary>
internal static class Runs
{
    /// <summary>Makes one run of a stretch; what began inside another one ends before it, and nothing goes on behind.</summary>
    /// <param name="kind">Of <see cref="Tags.Kinds"/>.</param>
    internal static void Mark(Span<byte> tags, int first, int last, int kind)
    {
        for (var k = first; k <= last; k++)
        {
            tags[k] = (byte)(k == first ? Tags.Begin(kind) : Tags.Inside(kind));
        }
        for (var k = last + 1; k < tags.Length && tags[k] != Tags.Outside && tags[k] % 2 == 0; k++)
        {
            tags[k] = Tags.Outside;
        }
    }
}
