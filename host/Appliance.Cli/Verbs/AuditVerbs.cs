using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary><c>audit search/show/export/prove/report/checkpoint/key/witness/review/prune</c>.</summary>
internal static class AuditVerbs
{
    internal static Command Build() => new("audit", "The data-handling log")
    {
        Search(), Show(), Export(), Prove(), Report(),
        Text("checkpoint", "Sign the log as it is now; keep the output off this machine", HttpMethod.Post, "/api/audit/checkpoint"),
        Text("key", "The public keys that checkpoints are checked with", HttpMethod.Get, "/api/audit/key"),
        Witness(), Review(), Prune(),
    };

    private static Command Search()
    {
        var words = new (string Name, string Help)[]
        {
            ("action", "Such as model.infer, or model for all of them"), ("actor", "Such as uid:1000"), ("object", "Such as dataset/letters"),
            ("decision", "allow or deny"), ("rule", "The policy rule that decided"), ("subject", "A person's pseudonym: appliance subject find"),
            ("purpose", "A purpose of the policy"), ("code", "How it ended, such as ok"),
        }.Select(w => new Option<string?>("--" + w.Name) { Description = w.Help }).ToArray();
        var (from, to) = (From(), To());
        var limit = new Option<int>("--limit") { DefaultValueFactory = _ => 50, Description = "Newest records shown, at most 10,000" };
        var command = new Command("search", "Find records") { from, to, limit };
        Array.ForEach(words, command.Options.Add);
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var query = words.ToDictionary(w => w.Name[2..], parsed.GetValue);
            (query["from"], query["to"]) = (Milliseconds(parsed.GetValue(from)), Milliseconds(parsed.GetValue(to)));
            query["limit"] = parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture);
            return session.Show(await session.Api.GetAsync("/api/audit?" + DatasetVerbs.Query(query), cancellationToken), Print);
        });
        return command;
    }

    private static void Print(JsonNode reply) => Session.Table(
        ["SEQ", "TIME (UTC)", "PHASE", "ACTION", "ACTOR", "OBJECT", "DECISION", "RULE", "CODE", "REF"],
        reply.AsArray().Select(r => (IReadOnlyList<string>)
        [
            r.Text("seq"), DateTimeOffset.FromUnixTimeMilliseconds((long)r.Number("ts_ms")).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            r.Text("phase"), r.Text("act"), r.Text("actor"), r.Text("obj"), r.Text("decision"), r.Text("rule"), r.Text("code"), r.Text("ref"),
        ]),
        "No record matches.");

    private static Command Show()
    {
        var seq = Number();
        var command = new Command("show", "All of one record") { seq };
        Session.Act(command, async (session, parsed, cancellationToken) => session.Show(
            await session.Api.GetAsync($"/api/audit/{parsed.GetValue(seq)}", cancellationToken),
            reply => Session.Table(["FIELD", "VALUE"], reply.AsObject().Select(f => (IReadOnlyList<string>)[f.Key, f.Value is JsonValue v ? v.ToString() : f.Value!.ToJsonString()]), "")));
        return command;
    }

    private static Command Export()
    {
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "json", Description = "json, csv, cloudevents, ocsf or cef" };
        var (from, to, file) = (From(), To(), new Option<string?>("--out") { Description = "File; default: standard output" });
        var command = new Command("export", "Records in a form that other programs read, with the checkpoint that covers them") { format, from, to, file };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var query = DatasetVerbs.Query(new Dictionary<string, string?>
            {
                ["format"] = parsed.GetValue(format), ["from"] = Milliseconds(parsed.GetValue(from)), ["to"] = Milliseconds(parsed.GetValue(to)),
            });
            return await SaveAsync(session, "/api/audit/export?" + query, parsed.GetValue(file), cancellationToken);
        });
        return command;
    }

    private static Command Prove()
    {
        var seq = Number();
        var command = new Command("prove", "A proof that a record is in the log, for appliance-verify check") { seq };
        Session.Act(command, (session, parsed, cancellationToken) => PrintAsync(session, HttpMethod.Get, $"/api/audit/prove/{parsed.GetValue(seq)}", cancellationToken));
        return command;
    }

    private static Command Report()
    {
        var kind = new Argument<string>("kind") { Description = "processing, subject, erasure, retention, lineage, residency, administrators, hipaa or ai-act" };
        var language = new Option<string>("--lang") { DefaultValueFactory = _ => "en", Description = "en or it" };
        var subject = new Option<string?>("--subject") { Description = "A person's pseudonym: appliance subject find" };
        var target = new Option<string?>("--object") { Description = "One model or dataset, for the lineage" };
        var (from, to, file) = (From(), To(), new Option<string?>("--out") { Description = "File; default: standard output" });
        var command = new Command("report", "What an authority asks for, as a page that prints") { kind, language, subject, target, from, to, file };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var query = DatasetVerbs.Query(new Dictionary<string, string?>
            {
                ["lang"] = parsed.GetValue(language), ["subject"] = parsed.GetValue(subject), ["object"] = parsed.GetValue(target),
                ["from"] = Milliseconds(parsed.GetValue(from)), ["to"] = Milliseconds(parsed.GetValue(to)),
            });
            return await SaveAsync(session, $"/api/audit/report/{Uri.EscapeDataString(parsed.GetRequiredValue(kind))}?{query}", parsed.GetValue(file), cancellationToken);
        });
        return command;
    }

    private static Command Witness()
    {
        var since = new Option<long?>("--since") { Description = "Size of the checkpoint that the witness saw last; default: the last one that came back" };
        var add = new Option<string?>("--add") { Description = "File with the checkpoint that `appliance-verify witness` has signed" };
        var command = new Command("witness", "Ask a witness outside of this machine: prints what to give it, or takes back what it signed") { since, add };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(add) is { } file)
            {
                var reply = await session.Api.PostAsync("/api/audit/witness", new JsonObject { ["note"] = await File.ReadAllTextAsync(file, cancellationToken) }, cancellationToken);
                return session.Show(reply, r => Console.WriteLine($"Witnessed by {r.Text("witness")} up to record {r.Text("size")}."));
            }
            return await PrintAsync(session, HttpMethod.Get, "/api/audit/witness" + (parsed.GetValue(since) is { } size ? $"?since={size}" : ""), cancellationToken);
        });
        return command;
    }

    private static Command Review()
    {
        var (first, last) = (new Option<long>("--first") { Required = true, Description = "First record looked at" }, new Option<long>("--last") { Required = true, Description = "Last record looked at" });
        var command = new Command("review", "Sign off that you looked at these records (45 CFR 164.308)") { first, last };
        Session.Act(command, async (session, parsed, cancellationToken) => session.Show(
            await session.Api.PostAsync("/api/audit/review", new JsonObject { ["first"] = parsed.GetValue(first), ["last"] = parsed.GetValue(last) }, cancellationToken),
            r => Console.WriteLine($"Reviewed: records {r.Text("first")} to {r.Text("last")}.")));
        return command;
    }

    private static Command Prune()
    {
        var before = new Option<string?>("--before") { Description = "Ask: bodies of records before this day (UTC), such as 2020-01-31" };
        var approve = new Option<long?>("--approve") { Description = "Approve what somebody else asked: the number of that record" };
        var command = new Command("prune", "Take old bodies away; hashes and proofs stay. Two people: one asks, another approves") { before, approve };
        Session.Act(command, async (session, parsed, cancellationToken) =>
        {
            var body = new JsonObject();
            if (parsed.GetValue(before) is { } day)
            {
                body["before"] = long.Parse(Milliseconds(day)!, CultureInfo.InvariantCulture);
            }
            if (parsed.GetValue(approve) is { } seq)
            {
                body["approve"] = seq;
            }
            return session.Show(await session.Api.PostAsync("/api/audit/prune", body, cancellationToken), r => Console.WriteLine(parsed.GetValue(approve) is null
                ? $"Asked for records {r.Text("first")} to {r.Text("last")}. Somebody else approves with: appliance audit prune --approve {r.Text("record")}"
                : $"Records {r.Text("first")} to {r.Text("last")} have no bodies any more."));
        });
        return command;
    }

    private static Command Text(string name, string description, HttpMethod method, string path)
    {
        var command = new Command(name, description);
        Session.Act(command, (session, _, cancellationToken) => PrintAsync(session, method, path, cancellationToken));
        return command;
    }

    private static async Task<int> PrintAsync(Session session, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        Console.Write(await session.Api.TextAsync(method, path, cancellationToken));
        return ExitCodes.Done;
    }

    private static async Task<int> SaveAsync(Session session, string path, string? file, CancellationToken cancellationToken)
    {
        await using var output = file is null ? Console.OpenStandardOutput() : File.Create(file);
        await session.Api.CopyAsync(path, output, cancellationToken);
        return ExitCodes.Done;
    }

    private static Argument<long> Number() => new("seq") { Description = "Number of the record" };

    private static Option<string?> From() => new("--from") { Description = "From this time (UTC), such as 2026-11-01 or 2026-11-01T08:00" };

    private static Option<string?> To() => new("--to") { Description = "Before this time (UTC)" };

    private static string? Milliseconds(string? time) => time is null ? null
        : DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)
            : throw new ApiException(ExitCodes.Usage, $"'{time}' is no time. Write it like 2026-11-01 or 2026-11-01T08:00.");
}
