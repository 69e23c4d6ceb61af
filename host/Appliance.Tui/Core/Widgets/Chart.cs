using System.Globalization;

namespace Appliance.Tui.Core.Widgets;

/// <summary>A line over steps, with points beside it; in braille where the terminal has it, else in ASCII.</summary>
public static class Chart
{
    private const int AxisWidth = 8;

    // The bit of each of a braille glyph's dots, by column and row.
    private static readonly int[,] Dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    /// <param name="line">(x, y), in order of x.</param>
    /// <param name="points">Marked with the letter <c>o</c>.</param>
    public static void Draw(
        Grid grid, int top, int height, IReadOnlyList<(double X, double Y)> line, IReadOnlyList<(double X, double Y)> points, bool braille)
    {
        var width = grid.Width - AxisWidth - 1;
        var all = line.Concat(points).Where(p => double.IsFinite(p.Y)).ToArray();
        if (all.Length == 0 || height < 2 || width < 8)
        {
            grid.Put(AxisWidth, top, "no points yet", Role.Dim);
            return;
        }
        var (low, high) = (all.Min(p => p.Y), all.Max(p => p.Y));
        var (first, last) = (all.Min(p => p.X), all.Max(p => p.X));
        high = high - low < 1e-9 ? low + 1 : high;
        last = last - first < 1e-9 ? first + 1 : last;
        grid.Put(0, top, Label(high), Role.Dim, AxisWidth);
        grid.Put(0, top + height - 1, Label(low), Role.Dim, AxisWidth);
        var (dotsX, dotsY) = braille ? (2 * width, 4 * height) : (width, height);
        int X(double x, int of) => (int)Math.Round((x - first) / (last - first) * (of - 1));
        int Y(double y, int of) => (int)Math.Round((high - y) / (high - low) * (of - 1));
        var cells = new int[width, height];
        foreach (var p in line.Where(p => double.IsFinite(p.Y)))
        {
            var (x, y) = (X(p.X, dotsX), Y(p.Y, dotsY));
            cells[braille ? x / 2 : x, braille ? y / 4 : y] |= braille ? Dots[x % 2, y % 4] : 1;
        }
        for (var x = 0; x < width; x++)
        {
            for (var y = 0; y < height; y++)
            {
                if (cells[x, y] != 0)
                {
                    grid.Put(AxisWidth + x, top + y, braille ? ((char)(0x2800 + cells[x, y])).ToString() : "*", Role.Info);
                }
            }
        }
        foreach (var p in points.Where(p => double.IsFinite(p.Y)))
        {
            grid.Put(AxisWidth + X(p.X, width), top + Y(p.Y, height), "o", Role.Ok);
        }
    }

    private static string Label(double value) => value.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(AxisWidth - 1);
}
