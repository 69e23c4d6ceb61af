namespace Appliance.Domain.Privacy.Scanning;

/// <summary>Where a line ends in the middle of something: with the blanks of the next line, or the signs of an answered mail.</summary>
internal static class LineBreaks
{
    private const int LengthMax = 12;

    /// <summary>Whether one line break and nothing that can be seen stands here.</summary>
    internal static bool Is(ReadOnlySpan<byte> between) =>
        between.Length is >= 1 and <= LengthMax && between.Count((byte)'\n') == 1 && between.IndexOfAnyExcept("\n\r\t >"u8) < 0;
}
