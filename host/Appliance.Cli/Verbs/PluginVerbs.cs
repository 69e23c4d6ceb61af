using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>plugin install/list/enable/disable/restart/remove</c>; those on files are in <see cref="PackageVerbs"/>.</summary>
internal static class PluginVerbs
{
    internal static Command Build() => new("plugin", "Plugins: made, signed, checked, installed")
    {
        List(), Install(),
        Change("enable", "Let a plugin run again", p => Session.Say($"{p.Text("id")} is {p.Text("state")}.")),
        Change("disable", "Switch a plugin off; its package stays", p => Session.Say($"{p.Text("id")} is {p.Text("state")}.")),
        Change("restart", "End its workers, and let it out of quarantine", p => Session.Say($"{p.Text("id")} starts anew with the next request.")),
        Change("remove", "Delete a plugin's packages", p => Session.Say($"{p.Text("id")} is removed. No older version can be installed later.")),
        PackageVerbs.KeyGen(), PackageVerbs.Pack(), PackageVerbs.Sign(), PackageVerbs.Verify(), PackageVerbs.Units(), PluginMaking.New(), PluginMaking.Check(),
    };

    private static Command List()
    {
        var command = new Command("list", "All plugins with their state and its reason");
        Session.Act(command, async (session, _, cancellationToken) => session.Show(
            await session.Api.GetAsync("/api/plugins", cancellationToken),
            reply => Session.Table(
                ["PLUGIN", "VERSION", "STATE", "TASKS", "REASON"],
                reply.AsArray().Select(p => (IReadOnlyList<string>)
                [
                    p.Text("id"), p.Text("version"), p.Text("state").ToUpperInvariant(), string.Join(", ", p!["tasks"]!.AsArray().Select(t => t!.GetValue<string>())), p.Text("reason"),
                ]),
                "No plugins. Next: appliance plugin install FILE")));
        return command;
    }

    private static Command Install()
    {
        var file = new Argument<string>("file") { Description = "Package, .aplug" };
        var command = new Command("install", "Install a package that its maker and this site signed") { file };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path))
            {
                throw new ApiException(ExitCodes.Usage, $"There is no package {path}.");
            }
            var reply = await session.Api.UploadAsync("/api/plugins", [path], cancellationToken);
            return session.Show(reply, p => Session.Say($"Installed {p.Text("id")} {p.Text("version")}: {p.Text("state")}."));
        });
        return command;
    }

    private static Command Change(string verb, string description, Action<JsonNode> print)
    {
        var id = new Argument<string>("id") { Description = "The plugin's id" };
        var command = new Command(verb, description) { id };
        Session.Act(command, async (session, parsed, cancellationToken) => session.Show(
            await session.Api.PostAsync($"/api/plugins/{verb}", new JsonObject { ["plugin"] = parsed.GetValue(id) }, cancellationToken), print));
        return command;
    }
}
