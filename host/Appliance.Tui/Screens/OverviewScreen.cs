using System.Globalization;
using Appliance.Tui.Core;

namespace Appliance.Tui.Screens;

/// <summary>How the appliance is, on one page.</summary>
internal static class OverviewScreen
{
    internal static void Draw(Grid grid, Facts facts)
    {
        var y = Frame.Top + 1;
        foreach (var (name, text, role) in Lines(facts))
        {
            if (y >= grid.Height - Frame.Bottom)
            {
                return;
            }
            grid.Put(1, y, name, Role.Bold);
            grid.Put(12, y, text, role, grid.Width - 13);
            y++;
        }
    }

    internal static IEnumerable<(string Name, string Text, Role Role)> Lines(Facts facts)
    {
        yield return ("HEALTH", $"OK    version {facts.Version}, up {facts.Uptime}", Role.Ok);
        yield return facts.AuditBlocked
            ? ("AUDIT", "BLOCKED    nothing is processed: free disk space", Role.Bad)
            : ("AUDIT", $"OK    {facts.AuditSize.ToString("N0", CultureInfo.InvariantCulture)} records", Role.Ok);
        yield return ("POLICY", $"ACTIVE    {facts.Policy}", Role.Normal);
        var gib = facts.DiskFreeBytes / (double)(1 << 30);
        yield return ("DISK", string.Create(CultureInfo.InvariantCulture, $"{(gib < 1 ? "LOW" : "OK")}    {gib:0.0} GiB free"), gib < 1 ? Role.Bad : Role.Ok);
        yield return ("PLUGINS", facts.Plugins.Count == 0 ? "none" : string.Join(", ", facts.Plugins), Role.Normal);
        foreach (var (task, model) in facts.Serving)
        {
            yield return ("SERVING", $"{task}: {model}", Role.Normal);
        }
        yield return ("REQUESTS", facts.Requests.Count == 0 ? "none since the start" : string.Join("  ", facts.Requests.Select(r => $"{r.Outcome} {r.Count}")), Role.Normal);
        var states = facts.Jobs.GroupBy(j => j.State).Select(g => $"{g.Count()} {g.Key}");
        yield return ("JOBS", facts.Jobs.Count == 0 ? "none yet. Next: appliance train RECIPE --dataset NAME" : string.Join("  ", states), Role.Normal);
        foreach (var job in facts.Jobs.Where(j => j.State == "RUNNING"))
        {
            yield return ("RUNNING", JobsScreen.Sentence(job), Role.Info);
        }
        foreach (var job in facts.Jobs.Where(j => j.State == "FAILED").Take(3))
        {
            yield return ("FAILED", $"{job.Id}: {job.Problem}", Role.Bad);
        }
    }
}
