using System.Globalization;
using System.Text;

namespace Appliance.Tui.Core;

/// <summary>How roles look. All colours come from the user's own palette of 16; meaning never rests on colour alone.</summary>
public sealed class Theme
{
    private readonly string[] _sgr;

    private Theme(params string[] sgr) => _sgr = sgr;

    // Normal, Dim, Bold, Ok, Warn, Bad, Info, Selected, Key
    public static Theme Colour { get; } = new("0", "2", "1", "32", "33", "1;31", "36", "7", "1;36");

    public static Theme Mono { get; } = new("0", "2", "1", "0", "4", "1;4", "0", "7", "1");

    internal string Sgr(Role role) => role == Role.Normal ? "\e[0m" : $"\e[0;{_sgr[(int)role]}m";
}

/// <summary>The difference between two screens as bytes for a terminal.</summary>
public static class Painter
{
    private const string SyncBegin = "\e[?2026h";
    private const string SyncEnd = "\e[?2026l";

    /// <param name="before">What the terminal shows, or null when that is unknown: then all is painted.</param>
    /// <returns>Empty when nothing changed.</returns>
    public static string Diff(Grid? before, Grid after, Theme theme)
    {
        var all = before is null || before.Width != after.Width || before.Height != after.Height;
        var output = new StringBuilder();
        if (all)
        {
            output.Append("\e[0m\e[2J");
        }
        var (penX, penY, role) = (-1, -1, (Role?)null);
        for (var y = 0; y < after.Height; y++)
        {
            for (var x = 0; x < after.Width; x++)
            {
                var cell = after[x, y];
                if (cell.Glyph.Length == 0 || (all ? cell == Cell.Blank : before![x, y] == cell && Tail(before, x, y) == Tail(after, x, y)))
                {
                    continue;
                }
                if (penX != x || penY != y)
                {
                    output.Append(CultureInfo.InvariantCulture, $"\e[{y + 1};{x + 1}H");
                }
                if (role != cell.Role)
                {
                    output.Append(theme.Sgr(cell.Role));
                    role = cell.Role;
                }
                output.Append(cell.Glyph);
                (penX, penY) = Glyphs.IsRisky(cell.Glyph) ? (-1, -1) : (x + 1, y);
            }
        }
        if (output.Length == 0 && before!.Cursor == after.Cursor)
        {
            return "";
        }
        output.Append(CultureInfo.InvariantCulture, $"\e[0m\e[{after.Cursor.Y + 1};{after.Cursor.X + 1}H");
        return SyncBegin + output + SyncEnd;
    }

    // Whether a wide glyph's second half follows: a narrow one in its place must repaint both.
    private static bool Tail(Grid grid, int x, int y) => x + 1 < grid.Width && grid[x + 1, y].Glyph.Length == 0;
}
