using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;

namespace Appliance.Cli.Verbs;

/// <summary>Many requests, 64 at a time: JSON lines in, JSON lines out.</summary>
internal sealed class InferLines(Session session, string task, string purpose, string? labels)
{
    private const int AtOnce = 64;

    internal async Task RunAsync(TextReader lines, CancellationToken cancellationToken)
    {
        var (waiting, number) = (new JsonArray(), 0);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (line.Trim().Length == 0)
            {
                continue;
            }
            waiting.Add(Fields(line, number));
            if (waiting.Count == AtOnce)
            {
                await AskAsync(waiting, cancellationToken);
                waiting = [];
            }
        }
        if (waiting.Count > 0)
        {
            await AskAsync(waiting, cancellationToken);
        }
    }

    private static JsonObject Fields(string line, int number)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject ?? throw new ApiException(ExitCodes.Usage, $"Line {number} is no JSON object of fields, such as {{\"text\": ...}}.");
        }
        catch (JsonException)
        {
            throw new ApiException(ExitCodes.Usage, $"Line {number} is no JSON.");
        }
    }

    private async Task AskAsync(JsonArray inputs, CancellationToken cancellationToken)
    {
        var reply = await session.Api.PostAsync($"/api/tasks/{Uri.EscapeDataString(task)}/infer", new JsonObject
        {
            ["inputs"] = inputs, ["purpose"] = purpose, ["labels"] = InferVerb.Labels(labels),
        }, cancellationToken);
        foreach (var answer in reply!["answers"]!.AsArray())
        {
            Console.WriteLine(answer!.ToJsonString());
        }
    }
}
