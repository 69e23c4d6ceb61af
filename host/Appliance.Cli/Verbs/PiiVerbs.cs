using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Domain.Privacy;

namespace Appliance.Cli.Verbs;

/// <summary><c>pii scan/redact</c>: find and hide personal data without the service.</summary>
internal static class PiiVerbs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    internal static Command Build() => new("pii", "Find and hide personal data")
    {
        Verb("scan", "Where personal data stands", redact: false), Verb("redact", "The text without it", redact: true),
    };

    private static Command Verb(string name, string description, bool redact)
    {
        var lines = new Option<bool>("--jsonl") { Description = "Read and write one JSON object a line: id, text" };
        var offsets = new Option<string>("--offsets") { DefaultValueFactory = _ => "codepoint", Description = "codepoint or utf16" };
        var command = new Command(name, description + " (text from standard input)") { lines, offsets };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(offsets) is not ("codepoint" or "utf16"))
            {
                Console.Error.WriteLine("--offsets is codepoint or utf16.");
                return ExitCodes.Usage;
            }
            var redactor = new Redactor(new Detector(TimeProvider.System, Limit));
            try
            {
                return parsed.GetValue(lines)
                    ? await LinesAsync(redactor, redact, parsed.GetValue(offsets) == "utf16", cancellationToken)
                    : await TextAsync(redactor, redact, cancellationToken);
            }
            catch (DetectionFailedException e)
            {
                Console.Error.WriteLine(e.Message);
                return ExitCodes.Broken;
            }
        });
        return command;
    }

    private static async Task<int> TextAsync(Redactor redactor, bool redact, CancellationToken cancellationToken)
    {
        var text = new Sensitive<string>(await Console.In.ReadToEndAsync(cancellationToken));
        if (redact)
        {
            Console.Write(redactor.Redact(text, new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text);
            return ExitCodes.Done;
        }
        foreach (var finding in redactor.Scan(text))
        {
            Console.WriteLine($"{finding.Start,6}-{finding.End,-6} {finding.EntityType,-16} {finding.Score:0.00} {finding.Why}");
        }
        return ExitCodes.Done;
    }

    private static async Task<int> LinesAsync(Redactor redactor, bool redact, bool utf16, CancellationToken cancellationToken)
    {
        var number = 0;
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (TextLines.Parse(line) is not { Id: not null } input)
            {
                Console.Error.WriteLine($"Line {number} is not a JSON object with id and text.");
                return ExitCodes.Usage;
            }
            var text = new Sensitive<string>(input.Text);
            var index = utf16 ? null : TextLines.CodePoints(input.Text);
            var reply = new JsonObject
            {
                ["id"] = input.Id,
                ["spans"] = new JsonArray([.. redactor.Scan(text).Select(f => (JsonNode)new JsonObject
                {
                    ["start"] = index?[f.Start] ?? f.Start, ["end"] = index?[f.End] ?? f.End, ["type"] = f.EntityType, ["score"] = f.Score,
                })]),
            };
            if (redact)
            {
                reply["text"] = redactor.Redact(text, new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;
            }
            Console.WriteLine(reply.ToJsonString(TextLines.Plain));
        }
        return ExitCodes.Done;
    }
}
