using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Models.Tokenizers;

namespace Appliance.Cli.Verbs;

/// <summary><c>tokenize</c>: what a model's tokenizer makes of a text, without the service.</summary>
internal static class TokenizeVerb
{
    internal static Command Build()
    {
        var folder = new Option<string>("--tokenizer") { Required = true, Description = "Folder with tokenizer.json or the older files" };
        var lines = new Option<bool>("--jsonl") { Description = "Read and write one JSON object a line: id, text" };
        var special = new Option<bool>("--special") { Description = "Put the model's special tokens around each text" };
        var offsets = new Option<string>("--offsets") { DefaultValueFactory = _ => "codepoint", Description = "codepoint or utf16" };
        var command = new Command("tokenize", "The tokens of a text (from standard input)") { folder, lines, special, offsets };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(offsets) is not ("codepoint" or "utf16"))
            {
                Console.Error.WriteLine("--offsets is codepoint or utf16.");
                return ExitCodes.Usage;
            }
            try
            {
                var tokenizer = Tokenizer.Open(parsed.GetValue(folder)!);
                var (utf16, around) = (parsed.GetValue(offsets) == "utf16", parsed.GetValue(special));
                return parsed.GetValue(lines) ? await LinesAsync(tokenizer, around, utf16, cancellationToken)
                    : Table(tokenizer, await Console.In.ReadToEndAsync(cancellationToken), around, utf16);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(Tui.Core.SafeText.Line(e.Message));
                return ExitCodes.Usage;
            }
        });
        return command;
    }

    private static async Task<int> LinesAsync(Tokenizer tokenizer, bool special, bool utf16, CancellationToken cancellationToken)
    {
        await using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false));
        var number = 0;
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (TextLines.Parse(line) is not { } input)
            {
                Console.Error.WriteLine($"Line {number} is not a JSON object with id and text.");
                return ExitCodes.Usage;
            }
            var tokens = tokenizer.Encode(input.Text, addSpecial: special).Tokens;
            var points = utf16 ? null : TextLines.CodePoints(input.Text);
            var reply = new JsonObject
            {
                ["id"] = input.Id,
                ["ids"] = new JsonArray([.. tokens.Select(t => (JsonNode)t.Id)]),
                ["offsets"] = new JsonArray([.. tokens.Select(t => (JsonNode)new JsonArray(points?[t.Start] ?? t.Start, points?[t.End] ?? t.End))]),
            };
            await output.WriteLineAsync(reply.ToJsonString(TextLines.Plain));
        }
        return ExitCodes.Done;
    }

    private static int Table(Tokenizer tokenizer, string text, bool special, bool utf16)
    {
        var points = utf16 ? null : TextLines.CodePoints(text);
        foreach (var token in tokenizer.Encode(text, addSpecial: special).Tokens)
        {
            var name = Tui.Core.SafeText.Line(tokenizer.TokenOf(token.Id) ?? "");
            Console.WriteLine($"{token.Id,8}  {points?[token.Start] ?? token.Start,6}-{points?[token.End] ?? token.End,-6} {name}");
        }
        return ExitCodes.Done;
    }
}
