using Appliance.Tui.Core;
using Appliance.Tui.Core.Widgets;

namespace Appliance.Tui.Screens;

/// <summary>The installed plugins with their states, and why the selected one is in its own.</summary>
internal static class PluginsScreen
{
    private const int Below = 4;
    private static readonly Column[] Columns = [new("PLUGIN", 16), new("VERSION", 9), new("STATE", 15), new("TASKS", 20, true), new("MAY", 14, true)];

    internal static void Draw(Grid grid, Model model)
    {
        var room = grid.Height - Frame.Top - Frame.Bottom;
        Table.Draw(grid, Frame.Top, room - Below, Columns,
            [.. model.Plugins.Select(p => (IReadOnlyList<(string, Role)>)[(p.Id, Role.Normal), (p.Version, Role.Normal), State(p.State), (p.Tasks, Role.Normal), (p.Capabilities, Role.Normal)])],
            Math.Min(model.Selected, Math.Max(0, model.Plugins.Count - 1)), "No plugins. Next: appliance plugin install FILE.aplug");
        if (model.Plugins.ElementAtOrDefault(Math.Min(model.Selected, Math.Max(0, model.Plugins.Count - 1))) is { } chosen)
        {
            var top = grid.Height - Frame.Bottom - Below;
            grid.Rule(top, $"{chosen.Id} {chosen.Version}");
            grid.Put(2, top + 1, Sentence(chosen));
            grid.Put(2, top + 2, Next(chosen), Role.Dim);
        }
    }

    /// <summary>A letter and a word, then a role: state never rests on colour alone.</summary>
    internal static (string Text, Role Role) State(string state) => state switch
    {
        "ACTIVE" => ("A ACTIVE", Role.Ok),
        "DISABLED" => ("D DISABLED", Role.Dim),
        "SUPERSEDED" => ("S SUPERSEDED", Role.Dim),
        "MALFUNCTIONED" => ("M MALFUNCTION", Role.Bad),
        "NOTSUPPORTED" => ("N UNSUPPORTED", Role.Warn),
        _ => (state, Role.Normal),
    };

    internal static string Sentence(PluginFacts plugin) => plugin.Reason.Length > 0 ? plugin.Reason : plugin.State == "ACTIVE" ? "It answers." : "No reason was given.";

    // What an operator would do now, as a command.
    private static string Next(PluginFacts plugin) => plugin.State switch
    {
        "MALFUNCTIONED" => $"When its cause is gone: appliance plugin restart {plugin.Id}",
        "DISABLED" => $"To let it answer again: appliance plugin enable {plugin.Id}",
        "NOTSUPPORTED" => $"Ask its maker for a package for this version; appliance plugin remove {plugin.Id}",
        _ => $"To switch it off: appliance plugin disable {plugin.Id}",
    };
}
