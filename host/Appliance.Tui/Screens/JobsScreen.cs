using System.Globalization;
using Appliance.Tui.Core;
using Appliance.Tui.Core.Widgets;

namespace Appliance.Tui.Screens;

/// <summary>All jobs, and the loss of the selected one. The table wins over the chart when there is little room.</summary>
internal static class JobsScreen
{
    private const int ChartHeightMin = 6;

    private static readonly Column[] Columns =
        [new("JOB", 26), new("STATE", 13), new("STEP", 11), new("LOSS", 6), new("EX/S", 5), new("LEFT", 6), new("MODEL", 14, true)];

    internal static void Draw(Grid grid, Model model, bool braille)
    {
        var room = grid.Height - Frame.Top - Frame.Bottom;
        var table = Math.Clamp(model.Jobs.Count + 1, 2, Math.Max(2, room - ChartHeightMin - 1));
        Table.Draw(grid, Frame.Top, table, Columns, [.. model.Jobs.Select(Row)], Math.Min(model.Selected, Math.Max(0, model.Jobs.Count - 1)),
            "No jobs yet. Next: appliance train RECIPE --dataset NAME");
        var top = Frame.Top + table;
        if (model.Job is { } job && grid.Height - Frame.Bottom - top > ChartHeightMin)
        {
            grid.Rule(top, job.Problem.Length > 0 ? $"{job.Id}: {job.Problem}" : $"Loss of {job.Id}: line training, o validation");
            Chart.Draw(grid, top + 1, grid.Height - Frame.Bottom - top - 1, job.Losses, job.Validations, braille);
        }
    }

    internal static string Sentence(JobFacts job) => string.Create(CultureInfo.InvariantCulture,
        $"{job.Id}: {job.State.ToLowerInvariant()}, step {job.Step} of {job.StepsTotal}, loss {job.Loss:0.000}, {job.Speed:0} examples/s, {job.SecondsLeft:0} s left");

    /// <summary>A letter and a word, then a role: state never rests on colour alone.</summary>
    internal static (string Text, Role Role) State(string state) => state switch
    {
        "QUEUED" => ("Q QUEUED", Role.Normal),
        "RUNNING" => ("R RUNNING", Role.Ok),
        "INTERRUPTED" => ("I INTERRUPTED", Role.Warn),
        "SUCCEEDED" => ("D DONE", Role.Normal),
        "FAILED" => ("F FAILED", Role.Bad),
        "CANCELLED" => ("X CANCELLED", Role.Dim),
        _ => (state, Role.Normal),
    };

    private static (string, Role)[] Row(JobFacts job)
    {
        string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
        return
        [
            (job.Id, Role.Normal), State(job.State), (job.StepsTotal > 0 ? $"{job.Step}/{job.StepsTotal}" : "", Role.Normal),
            (Number(job.Loss, "0.000"), Role.Normal), (Number(job.Speed, "0"), Role.Normal),
            (job.State == "RUNNING" ? Number(job.SecondsLeft, "0") + " s" : "", Role.Normal), (job.Model, Role.Normal),
        ];
    }
}
