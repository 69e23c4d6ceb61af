using Appliance.Tui.Core;
using Appliance.Tui.Core.Widgets;

namespace Appliance.Tui.Screens;

/// <summary>The newest records of the data-handling log.</summary>
internal static class AuditScreen
{
    private static readonly Column[] Columns =
        [new("SEQ", 6), new("TIME (UTC)", 15), new("ACTION", 20), new("DECISION", 8), new("CODE", 9), new("OBJECT", 14, true), new("ACTOR", 10)];

    internal static void Draw(Grid grid, Model model) => Table.Draw(
        grid, Frame.Top, grid.Height - Frame.Top - Frame.Bottom, Columns,
        [.. model.Audit.Select(a => (IReadOnlyList<(string, Role)>)
        [
            (a.Seq, Role.Normal), (a.Time, Role.Dim), (a.Action, Role.Normal), (a.Decision, a.Decision == "DENY" ? Role.Bad : Role.Ok),
            (a.Code, a.Code is "ok" or "" ? Role.Normal : Role.Warn), (a.Object, Role.Normal), (a.Actor, Role.Normal),
        ])],
        Math.Min(model.Selected, Math.Max(0, model.Audit.Count - 1)), "No record matches.");
}
