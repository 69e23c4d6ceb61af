using System.CommandLine;

namespace Appliance.Cli.Demo;

/// <summary><c>demo run</c>, <c>demo tasks</c> and <c>demo report</c>: the whole appliance on the samples; <c>./do run</c> calls them.</summary>
internal static class DemoVerb
{
    internal static Command Build()
    {
        var samples = new Option<string>("--samples") { DefaultValueFactory = _ => "samples", Description = "Folder of the samples" };
        var recipe = new Option<string>("--recipe") { Required = true, Description = "Recipe file" };
        var output = new Option<string>("--out") { Required = true, Description = "Folder for facts and checkpoint" };
        var plugins = new Option<string>("--plugins") { DefaultValueFactory = _ => "plugins", Description = "Folder of the plugins with their recipes" };
        var run = new Command("run", "Import, train, gate, promote, ask") { samples, recipe, output };
        Session.Act(run, (session, parsed, cancellationToken) => new MainJob(
            session, TimeProvider.System, parsed.GetValue(samples)!, parsed.GetValue(recipe)!, parsed.GetValue(output)!)
            .RunAsync(cancellationToken));
        var tasks = new Command("tasks", "The same for entities, questions, vision and code, on public data") { samples, plugins };
        Session.Act(tasks, (session, parsed, cancellationToken) => new TaskTour(
            session, parsed.GetValue(samples)!, parsed.GetValue(plugins)!).RunAsync(cancellationToken));
        var report = new Command("report", "Add the auditor's verdict and write the summary") { output };
        Session.Act(report, (session, parsed, _) => Task.FromResult(
            DemoReport.Write(parsed.GetValue(output)!, session.Root ?? "", TimeProvider.System)));
        return new Command("demo", "See the whole appliance work on the samples") { run, tasks, report };
    }
}
