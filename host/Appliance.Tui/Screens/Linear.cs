using Appliance.Tui.Core;

namespace Appliance.Tui.Screens;

/// <summary>The same facts as sentences, for screen readers, pipes and plain terminals: nothing is ever redrawn.</summary>
public static class Linear
{
    public static IEnumerable<string> Sentences(Model model)
    {
        if (model.Facts is not { } facts)
        {
            yield return SafeText.Line(model.Problem ?? "Asking the host.");
            yield break;
        }
        var lines = model.Screen switch
        {
            ScreenName.Jobs => Jobs(model),
            ScreenName.Audit => Audit(model),
            ScreenName.Plugins => Plugins(model),
            _ => OverviewScreen.Lines(facts).Select(l => $"{l.Name}: {l.Text.Replace("    ", ", ")}."),
        };
        foreach (var line in lines)
        {
            yield return SafeText.Line(line);
        }
    }

    private static IEnumerable<string> Jobs(Model model)
    {
        yield return $"Jobs, {model.Jobs.Count}.";
        for (var k = 0; k < model.Jobs.Count; k++)
        {
            var job = model.Jobs[k];
            yield return $"{k + 1}. {job.Id} on {job.Dataset}: {JobsScreen.State(job.State).Text[2..]}"
                + (job.State == "RUNNING" ? $", {JobsScreen.Sentence(job)}" : "")
                + (job.Model.Length > 0 ? $", model {job.Model}" : "") + (job.Problem.Length > 0 ? $". {job.Problem}" : "") + ".";
        }
    }

    private static IEnumerable<string> Plugins(Model model)
    {
        yield return $"Plugins, {model.Plugins.Count}.";
        foreach (var plugin in model.Plugins)
        {
            yield return $"{plugin.Id} {plugin.Version}: {PluginsScreen.State(plugin.State).Text[2..].ToLowerInvariant()}. {PluginsScreen.Sentence(plugin)}{(plugin.Tasks.Length > 0 ? $" Tasks: {plugin.Tasks}." : "")}";
        }
    }

    private static IEnumerable<string> Audit(Model model)
    {
        yield return $"Audit log, newest {model.Audit.Count} records.";
        foreach (var a in model.Audit)
        {
            yield return $"Record {a.Seq}, {a.Time}: {a.Action} by {a.Actor} on {a.Object}{(a.Decision.Length > 0 ? ", " + a.Decision : "")}{(a.Code.Length > 0 ? ", " + a.Code : "")}.";
        }
    }
}
