using Appliance.Tui.Core;

namespace Appliance.Tests;

/// <summary>Random screens painted into a small terminal of our own: what it shows must be the grid.</summary>
public sealed class PainterTests
{
    private static readonly string[] Pieces = ["a", "Z", " ", "é", "e\u0301", "漢", "字", "😀", "⠿", "-", "w w", "漢字漢"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Four_thousand_random_screens_arrive_as_they_were_painted(int seed)
    {
        var chance = new Random(seed);
        var terminal = new Terminal(40, 10);
        Grid? before = null;
        for (var frame = 0; frame < 4000; frame++)
        {
            if (frame % 500 == 499)
            {
                terminal = new Terminal(chance.Next(5, 60), chance.Next(2, 12));
                before = null;
            }
            var grid = new Grid(terminal.Width, terminal.Height);
            for (var k = 0; k < chance.Next(1, 12); k++)
            {
                grid.Put(chance.Next(grid.Width), chance.Next(grid.Height),
                    string.Concat(Enumerable.Range(0, chance.Next(1, 9)).Select(_ => Pieces[chance.Next(Pieces.Length)])), (Role)chance.Next(9), chance.Next(1, 30));
            }
            terminal.Feed(Painter.Diff(before, grid, Theme.Colour));

            terminal.Text().Should().Be(string.Join('\n', Enumerable.Range(0, grid.Height).Select(y =>
                string.Concat(Enumerable.Range(0, grid.Width).Select(x => grid[x, y].Glyph)))), $"seed {seed}, frame {frame}");
            Painter.Diff(grid, grid, Theme.Colour).Should().BeEmpty();
            before = grid;
        }
    }

    /// <summary>Knows cursor moves, clearing and printing; half of a wide glyph that is overwritten becomes garbage.</summary>
    private sealed class Terminal(int width, int height)
    {
        private readonly string[,] _cells = new string[width, height];
        private int _x, _y;

        internal int Width => width;

        internal int Height => height;

        internal string Text() => string.Join('\n', Enumerable.Range(0, height).Select(y =>
            string.Concat(Enumerable.Range(0, width).Select(x => _cells[x, y] ?? " "))));

        internal void Feed(string bytes)
        {
            foreach (var part in System.Text.RegularExpressions.Regex.Split(bytes, "(\e\\[[0-9;?]*[A-Za-z])"))
            {
                if (part.EndsWith('H') && part[0] == '\e')
                {
                    var place = part[2..^1].Split(';');
                    (_y, _x) = (int.Parse(place[0]) - 1, int.Parse(place[1]) - 1);
                }
                else if (part == "\e[2J")
                {
                    Array.Clear(_cells);
                }
                else if (part.Length > 0 && part[0] != '\e')
                {
                    Glyphs.Split(part).ForEach(Print);
                }
            }
        }

        private void Print(string glyph)
        {
            var wide = Glyphs.Width(glyph) == 2;
            for (var k = 0; k < (wide ? 2 : 1); k++)
            {
                if (_cells[_x + k, _y] == "" && k == 0 && _x > 0)
                {
                    _cells[_x - 1, _y] = "#";
                }
                if (_x + k + 1 < width && _cells[_x + k + 1, _y] == "")
                {
                    _cells[_x + k + 1, _y] = "#";
                }
            }
            _cells[_x, _y] = glyph;
            if (wide)
            {
                _cells[_x + 1, _y] = "";
            }
            _x += wide ? 2 : 1;
        }
    }
}
