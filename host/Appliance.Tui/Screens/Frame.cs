using System.Globalization;
using Appliance.Tui.Core;

namespace Appliance.Tui.Screens;

/// <summary>What every screen has: where you are, the screens, one sentence, the keys that work now.</summary>
internal static class Frame
{
    internal const int Top = 2;
    internal const int Bottom = 2;

    internal static void Draw(Grid grid, Model model)
    {
        var right = model.Problem is null
            ? $"[VIEW] {model.At.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)}"
            : $"HOST DOWN since {model.At.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
        grid.Put(0, 0, $"appliance > {model.Screen}", Role.Bold, grid.Width - right.Length - 2);
        grid.Put(grid.Width - right.Length, 0, right, model.Problem is null ? Role.Normal : Role.Bad);
        var x = 0;
        foreach (var screen in Enum.GetValues<ScreenName>())
        {
            x = grid.Put(x, 1, $"{(int)screen}{screen}", screen == model.Screen ? Role.Selected : Role.Normal) + 1;
        }
        var (sentence, role) = Sentence(model);
        grid.Put(0, grid.Height - 2, sentence, role);
        grid.Put(0, grid.Height - 1, string.Join("  ", Bindings.All.Select(b => b.Hint)), Role.Key);
    }

    internal static void DrawHelp(Grid grid)
    {
        grid.Rule(Top, "Keys: small letters look, nothing here changes anything");
        for (var k = 0; k < Bindings.All.Count && Top + 1 + k < grid.Height - Bottom; k++)
        {
            var binding = Bindings.All[k];
            grid.Put(2, Top + 1 + k, string.Join(" ", binding.Keys), Role.Key, 12);
            grid.Put(15, Top + 1 + k, binding.Hint);
        }
    }

    private static (string Text, Role Role) Sentence(Model model) => model switch
    {
        { Typing: true } => ($"/{model.Filter}_   enter keeps, esc clears, ! first shows what does not match", Role.Info),
        { Problem: { } problem } => (problem, Role.Bad),
        { Filter: { Length: > 0 } filter, Rows: 0 } => ($"Nothing matches '{filter}'. esc clears the filter.", Role.Warn),
        { Filter: { Length: > 0 } filter } => ($"{model.Rows} match '{filter}'. esc clears the filter.", Role.Info),
        { Screen: ScreenName.Overview } => ("2 shows jobs with their loss, 5 the plugins, 7 the audit log.", Role.Dim),
        { Screen: ScreenName.Plugins } => ("As a command: appliance plugin list", Role.Dim),
        { Screen: ScreenName.Jobs } => ("As a command: appliance job list", Role.Dim),
        _ => ("As a command: appliance audit search", Role.Dim),
    };
}
