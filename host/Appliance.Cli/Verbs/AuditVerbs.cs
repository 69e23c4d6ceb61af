using System.CommandLine;
using System.Globalization;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>audit search/checkpoint/key</c>.</summary>
internal static class AuditVerbs
{
    internal static Command Build() => new("audit", "The data-handling log") { Search(), Text("checkpoint", HttpMethod.Post,
        "Sign the log as it is now; keep the output off this machine"), Text("key", HttpMethod.Get, "The public key that checkpoints are checked with") };

    private static Command Search()
    {
        var action = new Option<string?>("--action") { Description = "Such as model.infer, or model for all of them" };
        var actor = new Option<string?>("--actor") { Description = "Such as uid:1000" };
        var target = new Option<string?>("--object") { Description = "Such as dataset/letters" };
        var decision = new Option<string?>("--decision") { Description = "allow or deny" };
        var limit = new Option<int>("--limit") { DefaultValueFactory = _ => 50, Description = "Newest records shown" };
        var command = new Command("search", "Find records") { action, actor, target, decision, limit };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var query = DatasetVerbs.Query(new Dictionary<string, string?>
            {
                ["action"] = parsed.GetValue(action), ["actor"] = parsed.GetValue(actor), ["object"] = parsed.GetValue(target),
                ["decision"] = parsed.GetValue(decision), ["limit"] = parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture),
            });
            return session.Show(await session.Api.GetAsync("/api/audit?" + query, cancellationToken), reply => Session.Table(
                ["SEQ", "TIME (UTC)", "PHASE", "ACTION", "ACTOR", "OBJECT", "DECISION", "RULE", "CODE", "REF"],
                reply.AsArray().Select(r => (IReadOnlyList<string>)
                [
                    r.Text("seq"), DateTimeOffset.FromUnixTimeMilliseconds((long)r.Number("ts_ms")).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                    r.Text("phase"), r.Text("act"), r.Text("actor"), r.Text("obj"), r.Text("decision"), r.Text("rule"), r.Text("code"), r.Text("ref"),
                ]),
                "No record matches."));
        });
        return command;
    }

    private static Command Text(string name, HttpMethod method, string description)
    {
        var command = new Command(name, description);
        Session.Act(command, async (session, _, cancellationToken) =>
        {
            Console.Write(await session.Api.TextAsync(method, "/api/audit/" + name, cancellationToken));
            return ExitCodes.Done;
        });
        return command;
    }
}
