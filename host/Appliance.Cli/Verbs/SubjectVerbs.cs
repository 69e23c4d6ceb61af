using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>subject find/erase</c>: the people in the log. The id comes from standard input, not from the command line.</summary>
internal static class SubjectVerbs
{
    internal static Command Build() => new("subject", "The people in the log, by your own numbers for them")
    {
        Verb("find", "The pseudonym of the person whose number is on standard input", r => r.Text("pseudonym")),
        Verb("erase", "Destroy the person's key: records stay and speak of nobody any more", r => $"Erased. The record of it: appliance audit show {r.Text("record")}"),
    };

    // An argument would stand in the list of processes and in the shell's history.
    private static Command Verb(string name, string description, Func<JsonNode, string> say)
    {
        var command = new Command(name, description);
        Session.Act(command, async (session, _, cancellationToken) =>
        {
            var id = (await Console.In.ReadLineAsync(cancellationToken))?.Trim();
            return string.IsNullOrEmpty(id)
                ? throw new ApiException(ExitCodes.Usage, $"Give the person's number on standard input: echo 4711 | appliance subject {name}")
                : session.Show(await session.Api.PostAsync("/api/subjects/" + name, new JsonObject { ["subject"] = id }, cancellationToken), r => Console.WriteLine(say(r)));
        });
        return command;
    }
}
