using System.Text;

namespace Appliance.Tui.Core;

/// <summary>What a piece of text means; a theme says how that looks.</summary>
public enum Role : byte
{
    Normal,
    Dim,
    Bold,
    Ok,
    Warn,
    Bad,
    Info,
    Selected,
    Key,
}

/// <summary>One place of the screen. The second place of a wide glyph holds an empty glyph.</summary>
public readonly record struct Cell(string Glyph, Role Role)
{
    public static Cell Blank { get; } = new(" ", Role.Normal);
}

/// <summary>A screen as text and roles. <see cref="Put"/> is the only way in, and it makes every text harmless.</summary>
public sealed class Grid
{
    private readonly Cell[] _cells;

    public Grid(int width, int height)
    {
        (Width, Height) = (width, height);
        _cells = new Cell[width * height];
        Array.Fill(_cells, Cell.Blank);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Where the real cursor rests, so that a screen reader speaks the selected line.</summary>
    public (int X, int Y) Cursor { get; set; }

    public Cell this[int x, int y] => _cells[(y * Width) + x];

    /// <summary>Writes text from (x, y); what does not fit into <paramref name="room"/> places is cut and marked <c>~</c>.</summary>
    /// <returns>The first place after the text.</returns>
    public int Put(int x, int y, string text, Role role = Role.Normal, int room = int.MaxValue)
    {
        if (y < 0 || y >= Height || x >= Width)
        {
            return x;
        }
        var glyphs = Glyphs.Split(SafeText.Line(text));
        var end = (int)Math.Min(Width, (long)x + room);
        var fits = glyphs.Sum(g => Glyphs.Width(g)) <= end - x;
        foreach (var glyph in glyphs)
        {
            var width = Glyphs.Width(glyph);
            if (x + width > (fits ? end : end - 1))
            {
                break;
            }
            Set(x, y, glyph, width, role);
            x += width;
        }
        if (!fits && x < end)
        {
            Set(x++, y, "~", 1, role == Role.Selected ? role : Role.Dim);
        }
        return x;
    }

    /// <summary>Gives a whole row one role, with its text left as it is.</summary>
    public void Mark(int y, Role role)
    {
        for (var x = 0; x < Width; x++)
        {
            _cells[(y * Width) + x] = this[x, y] with { Role = role };
        }
    }

    public void Rule(int y, string title)
    {
        for (var x = 0; x < Width; x++)
        {
            Set(x, y, "-", 1, Role.Dim);
        }
        Put(2, y, $" {title} ", Role.Bold, Width - 4);
    }

    /// <summary>The text of the screen, each row without the blanks at its end.</summary>
    public string ToText() => string.Join('\n', Enumerable.Range(0, Height).Select(Row));

    /// <summary>One letter a place: the roles of the screen.</summary>
    public string ToRoles() => string.Join('\n', Enumerable.Range(0, Height).Select(y =>
        string.Concat(Enumerable.Range(0, Width).Select(x => this[x, y].Role.ToString()[0])).TrimEnd('N')));

    public string Row(int y)
    {
        var row = new StringBuilder();
        for (var x = 0; x < Width; x++)
        {
            row.Append(this[x, y].Glyph);
        }
        return row.ToString().TrimEnd();
    }

    private void Set(int x, int y, string glyph, int width, Role role)
    {
        // A wide glyph over half of another must not leave the other half standing.
        if (this[x, y].Glyph.Length == 0 && x > 0)
        {
            _cells[(y * Width) + x - 1] = this[x - 1, y] with { Glyph = " " };
        }
        var after = x + width;
        if (after < Width && this[after, y].Glyph.Length == 0)
        {
            _cells[(y * Width) + after] = this[after, y] with { Glyph = " " };
        }
        _cells[(y * Width) + x] = new Cell(glyph, role);
        if (width == 2)
        {
            _cells[(y * Width) + x + 1] = new Cell("", role);
        }
    }
}
