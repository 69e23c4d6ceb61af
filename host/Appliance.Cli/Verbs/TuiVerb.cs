using System.CommandLine;
using System.Text.Json;
using Appliance.Cli.Client;
using Appliance.Tui.Core;
using Appliance.Tui.Screens;

namespace Appliance.Cli.Verbs;

/// <summary><c>tui</c>: the terminal UI, or the same as sentences.</summary>
internal static class TuiVerb
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    internal static Command Build()
    {
        var linear = new Option<bool>("--linear") { Description = "Whole sentences instead of a screen (also with TERM=dumb or without a terminal)" };
        var mono = new Option<bool>("--mono") { Description = "Bold, underline and reverse only (also with NO_COLOR)" };
        var screen = new Option<string>("--screen") { DefaultValueFactory = _ => "overview", Description = "overview, jobs or audit" };
        var command = new Command("tui", "Screens for operators: overview, jobs, audit") { linear, mono, screen };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            if (!Enum.TryParse<ScreenName>(parsed.GetValue(screen), ignoreCase: true, out var first))
            {
                throw new ApiException(ExitCodes.Usage, "--screen is overview, jobs or audit.");
            }
            if (parsed.GetValue(linear) || Set("APPLIANCE_LINEAR") || Environment.GetEnvironmentVariable("TERM") == "dumb" || !Term.IsPresent)
            {
                return await PrintAsync(session, Model.Start(first), cancellationToken);
            }
            var theme = parsed.GetValue(mono) || Set("NO_COLOR") ? Theme.Mono : Theme.Colour;
            var braille = (Environment.GetEnvironmentVariable("LC_ALL") ?? Environment.GetEnvironmentVariable("LC_CTYPE")
                ?? Environment.GetEnvironmentVariable("LANG") ?? "").Contains("UTF", StringComparison.OrdinalIgnoreCase);
            return await new Loop<Model, News>(new OperatorConsole(braille), theme).RunAsync(
                Model.Start(first), (model, stop) => NextAsync(session, model, TimeProvider.System, stop));
        });
        return command;
    }

    private static async Task<int> PrintAsync(Session session, Model model, CancellationToken cancellationToken)
    {
        var news = await AskAsync(session, model, TimeProvider.System, cancellationToken);
        model = new OperatorConsole(braille: false).OnNews(model, news);
        foreach (var sentence in Linear.Sentences(model))
        {
            Console.WriteLine(sentence);
        }
        return news.Facts is null ? ExitCodes.Unreachable : ExitCodes.Done;
    }

    private static async Task<News> NextAsync(Session session, Model model, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (model.Facts is not null || model.Problem is not null)
        {
            await Task.Delay(model.Problem is null ? RefreshInterval : RetryInterval, clock, cancellationToken);
        }
        return await AskAsync(session, model, clock, cancellationToken);
    }

    private static async Task<News> AskAsync(Session session, Model model, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var status = await session.Api.GetAsync("/api/status", cancellationToken);
            var jobs = await session.Api.GetAsync("/api/jobs", cancellationToken);
            var selected = model.Job?.Id ?? jobs!.AsArray().LastOrDefault().Text("job.id");
            var job = selected.Length > 0 ? await session.Api.GetAsync("/api/jobs/" + Uri.EscapeDataString(selected), cancellationToken) : null;
            // The log is asked for only where it is looked at: each look is itself a record.
            var audit = model.Screen == ScreenName.Audit && (model.Facts?.Audit.Count is null or 0 || Size(status) > model.Facts.AuditSize + 1) // our own look adds one
                ? await session.Api.GetAsync("/api/audit?limit=200", cancellationToken)
                : null;
            var plugins = model.Screen == ScreenName.Plugins ? await session.Api.GetAsync("/api/plugins", cancellationToken) : null;
            var facts = Facts.Of(status!, jobs!, job, audit ?? new System.Text.Json.Nodes.JsonArray(), plugins);
            return new News(audit is null && model.Facts is { } old ? facts with { Audit = old.Audit } : facts, null, clock.GetUtcNow());
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or JsonException)
        {
            return new News(null, e is ApiException ? e.Message : "The host broke off. Trying again every 2 s. Check: systemctl status appliance-host", clock.GetUtcNow());
        }
    }

    private static long Size(System.Text.Json.Nodes.JsonNode? status) => (long)status.Number("audit.size");

    private static bool Set(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
