namespace Appliance.Tui.Core.Widgets;

/// <summary>A column: its title, its least width, and whether it may take what is left.</summary>
public sealed record Column(string Title, int Width, bool Stretches = false);

/// <summary>Rows of text with one selected: marked with <c>&gt;</c> and reversed. The last columns go first when it is narrow.</summary>
public static class Table
{
    public static void Draw(
        Grid grid, int top, int height, IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<(string Text, Role Role)>> rows,
        int selected, string whenEmpty)
    {
        var shown = columns.TakeWhile((_, k) => columns.Take(k + 1).Sum(c => c.Width + 1) < grid.Width).ToList();
        var spare = grid.Width - 1 - shown.Sum(c => c.Width + 1);
        int Room(int k) => shown[k].Width + (shown[k].Stretches ? spare / Math.Max(1, shown.Count(c => c.Stretches)) : 0);
        var x = 1;
        for (var k = 0; k < shown.Count; x += Room(k) + 1, k++)
        {
            grid.Put(x, top, shown[k].Title, Role.Bold, Room(k));
        }
        if (rows.Count == 0)
        {
            grid.Put(1, top + 1, whenEmpty, Role.Dim);
            return;
        }
        var room = height - 1;
        var from = Math.Clamp(selected - room + 1, 0, Math.Max(0, rows.Count - room));
        for (var row = from; row < Math.Min(rows.Count, from + room); row++)
        {
            var y = top + 1 + row - from;
            x = 1;
            for (var k = 0; k < shown.Count; x += Room(k) + 1, k++)
            {
                grid.Put(x, y, rows[row][k].Text, rows[row][k].Role, Room(k));
            }
            if (row == selected)
            {
                grid.Put(0, y, ">");
                grid.Mark(y, Role.Selected);
                grid.Cursor = (0, y);
            }
        }
    }
}
