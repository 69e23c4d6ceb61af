using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>reveal</c>: what the service hid so that it can be undone, for who may see it.</summary>
internal static class RevealVerb
{
    internal static Command Build()
    {
        var purpose = new Option<string>("--purpose") { DefaultValueFactory = _ => "citizen-service", Description = "Declared purpose; a sealed map opens for its own only" };
        var map = new Option<string?>("--map") { Description = "File with the sealed map, as /anonymize gave it" };
        var command = new Command("reveal", "Show what was hidden (text from standard input); needs the role and purpose that the policy names") { purpose, map };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var body = new JsonObject { ["text"] = await Console.In.ReadToEndAsync(cancellationToken), ["purpose"] = parsed.GetValue(purpose) };
            if (parsed.GetValue(map) is { } file)
            {
                body["map"] = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            }
            return session.Show(await session.Api.PostAsync("/reveal", body, cancellationToken), r => Console.Write(r.Text("text")));
        });
        return command;
    }
}
