using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Tui.Core;
using Spectre.Console;

namespace Appliance.Cli;

/// <summary>What every verb has: the service, and one way to print for people and one for scripts.</summary>
public sealed class Session : IDisposable
{
    private const int MachineWidth = 200;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static Option<string?> RootOption { get; } = new("--root")
    {
        Description = "Folder that holds configuration, state and socket (default: the installed ones, or APPLIANCE_ROOT)",
        Recursive = true,
    };

    internal static Option<bool> JsonOption { get; } = new("--json") { Description = "Print JSON for scripts", Recursive = true };

    private readonly bool _json;

    public Session(ParseResult parsed)
    {
        Root = parsed.GetValue(RootOption) ?? Environment.GetEnvironmentVariable("APPLIANCE_ROOT");
        _json = parsed.GetValue(JsonOption);
        Api = new ApiClient(Root);
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = MachineWidth;
        }
    }

    public ApiClient Api { get; }

    public string? Root { get; }

    /// <summary>A verb's work, with every refusal turned into words and an exit code.</summary>
    public static void Act(Command command, Func<Session, ParseResult, CancellationToken, Task<int>> work) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed);
            try
            {
                return await work(session, parsed, cancellationToken);
            }
            catch (ApiException e)
            {
                Console.Error.WriteLine(string.Join('\n', e.Message.Split('\n').Select(SafeText.Line)));
                return e.ExitCode;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(SafeText.Line(e.Message));
                return ExitCodes.Usage;
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Broken;
            }
        });

    /// <summary>Prints the reply as it is for scripts, or calls the printer for people.</summary>
    public int Show(JsonNode? reply, Action<JsonNode> forPeople)
    {
        if (_json)
        {
            Console.WriteLine(reply?.ToJsonString(Indented) ?? "null");
        }
        else if (reply is not null)
        {
            forPeople(reply);
        }
        return ExitCodes.Done;
    }

    /// <summary>A table of texts from outside; every cell goes through the sanitiser.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, string whenEmpty)
    {
        var list = rows.ToList();
        if (list.Count == 0)
        {
            Console.WriteLine(whenEmpty);
            return;
        }
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }
        foreach (var row in list)
        {
            table.AddRow(row.Select(cell => new Text(SafeText.Line(cell))));
        }
        AnsiConsole.Write(table);
    }

    public static void Say(string text) => Console.WriteLine(SafeText.Line(text));

    public void Dispose() => Api.Dispose();
}
