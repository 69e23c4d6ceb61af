using System.Text.RegularExpressions;

namespace Appliance.Tests;

/// <summary>The rules that a reader of the sources can check; each takes files and names what breaks it, with the cure.</summary>
internal static partial class Rules
{
    internal const int FileLinesMax = 300;
    internal const int MethodLinesMax = 60;

    /// <summary>R1: who may reference whom.</summary>
    internal static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["Appliance.Sdk"] = [],
        ["Appliance.Torch"] = [],
        ["Appliance.Models"] = ["Appliance.Sdk", "Appliance.Torch"],
        ["Appliance.Training"] = ["Appliance.Models"],
        ["Appliance.Sdk.Testing"] = ["Appliance.Training"],
        ["Appliance.Domain"] = ["Appliance.Sdk"],
        ["Appliance.Crypto"] = [],
        ["Appliance.Packages"] = ["Appliance.Crypto", "Appliance.Sdk"],
        ["Appliance.Storage"] = ["Appliance.Domain", "Appliance.Crypto"],
        ["Appliance.Protocol"] = [],
        ["Appliance.Workers"] = ["Appliance.Domain", "Appliance.Protocol"],
        ["Appliance.Worker"] = ["Appliance.Protocol", "Appliance.Training"],
        ["Appliance.Service"] = ["Appliance.Storage", "Appliance.Workers", "Appliance.Packages"],
        ["Appliance.Tui"] = [],
        ["Appliance.Cli"] = ["Appliance.Tui", "Appliance.Domain", "Appliance.Training", "Appliance.Packages", "Appliance.Workers"], // for the verbs that need no service
        ["Appliance.Verifier"] = [],
        ["Entities"] = ["Appliance.Training"],
        ["Questions"] = ["Appliance.Training"],
        ["Vision"] = ["Appliance.Training"],
        ["Code"] = ["Appliance.Training"],
        ["Sentiment"] = ["Appliance.Training"],
    };

    internal static IEnumerable<string> R1(string project, IEnumerable<string> references) =>
        !Dependencies.TryGetValue(project, out var allowed)
            ? [$"{project} is new: give it a line in Rules.Dependencies"]
            : references.Except(allowed).Select(r => $"{project} must not reference {r}: put a port into Appliance.Domain instead");

    internal static IEnumerable<string> R2(IEnumerable<Source> sources) => Find(
        sources.Where(s => s.Project == "Appliance.Domain"), Outside(), "the domain is pure: take a port or a TimeProvider by constructor");

    internal static IEnumerable<string> R3(IEnumerable<Source> sources) =>
        Find(sources.Where(s => s.Project is not ("Appliance.Storage" or "Appliance.Verifier")), Sqlite(), "only Storage knows SQLite")
        .Concat(Find(sources.Where(s => s.Project != "Appliance.Torch"), Libtorch(), "only Torch knows libtorch"))
        .Concat(Find(sources.Where(s => s.Project != "Appliance.Workers"), StartsProcess(), "only Workers starts processes"))
        .Concat(Find(sources, IpSocket(), "nobody opens an IP socket"));

    internal static IEnumerable<string> R4(IEnumerable<Source> sources) => Find(
        sources.Where(s => !s.Path.StartsWith("host/Appliance.Domain/Privacy/", StringComparison.Ordinal)
            && !s.Path.StartsWith("host/Appliance.Domain/Policies/", StringComparison.Ordinal)),
        Reveal(), "Reveal is called in Privacy and Policies only: hand the Sensitive value on");

    internal static IEnumerable<string> R6(IEnumerable<Source> sources) => Find(
        sources, Blocking(), "no blocking, no fresh ids, no HttpClient but the CLI's own over its socket")
        .Where(f => !f.StartsWith("host/Appliance.Cli/Client/ApiClient.cs", StringComparison.Ordinal));

    internal static IEnumerable<string> R8(IEnumerable<Source> sources)
    {
        foreach (var source in sources)
        {
            if (source.Lines.Length > FileLinesMax)
            {
                yield return $"{source.Path} has {source.Lines.Length} lines, at most {FileLinesMax}: give one idea a file of its own";
            }
            for (var k = 0; k < source.Lines.Length; k++)
            {
                var line = source.Lines[k];
                if (CatchAll().IsMatch(line) && !line.Contains("// boundary: ", StringComparison.Ordinal) && !line.Contains(" when ", StringComparison.Ordinal))
                {
                    yield return $"{source.Path}:{k + 1} catches everything: name the exceptions, or say '// boundary: why'";
                }
                if (Todo().IsMatch(line))
                {
                    yield return $"{source.Path}:{k + 1} has a TODO without an issue's number";
                }
            }
            foreach (var (start, length) in Methods(source.Lines).Where(m => m.Length > MethodLinesMax))
            {
                yield return $"{source.Path}:{start} is a method of {length} lines, at most {MethodLinesMax}: put work into pure leaves";
            }
        }
    }

    /// <summary>Regular expressions on user text must not backtrack.</summary>
    internal static IEnumerable<string> Linear(IEnumerable<Source> sources) => sources
        .Where(s => s.Text.Contains("new Regex(", StringComparison.Ordinal) && !s.Text.Contains("RegexOptions.NonBacktracking", StringComparison.Ordinal))
        .Select(s => $"{s.Path} makes a Regex that can backtrack: use Pattern");

    private static IEnumerable<string> Find(IEnumerable<Source> sources, Regex forbidden, string cure)
    {
        foreach (var source in sources)
        {
            for (var k = 0; k < source.Lines.Length; k++)
            {
                if (forbidden.IsMatch(source.Lines[k].Split("//")[0]))
                {
                    yield return $"{source.Path}:{k + 1}: {cure}";
                }
            }
        }
    }

    // A method is a block whose opening brace stands alone four spaces deeper than its type.
    private static IEnumerable<(int Start, int Length)> Methods(string[] lines)
    {
        for (var k = 1; k < lines.Length; k++)
        {
            var indent = lines[k].Length - lines[k].TrimStart().Length;
            if (lines[k].Trim() != "{" || indent is not (4 or 8) || !lines[k - 1].TrimEnd().EndsWith(')'))
            {
                continue;
            }
            var end = Array.FindIndex(lines, k, l => l == new string(' ', indent) + "}");
            yield return (k, end - k);
        }
    }

    [GeneratedRegex(@"\b(File|Directory|Environment|Console|Socket|Process)\.|DateTime(Offset)?\.(Utc)?Now")]
    private static partial Regex Outside();

    [GeneratedRegex(@"Microsoft\.Data\.Sqlite|\bSqlite(Connection|Command)\b")]
    private static partial Regex Sqlite();

    [GeneratedRegex(@"bridge_|appliance_torch|libtorch\.so")]
    private static partial Regex Libtorch();

    [GeneratedRegex(@"Process\.Start|ProcessStartInfo")]
    private static partial Regex StartsProcess();

    [GeneratedRegex(@"AddressFamily\.InterNetwork|TcpListener|TcpClient|UdpClient|IPEndPoint")]
    private static partial Regex IpSocket();

    [GeneratedRegex(@"\.Reveal\(\)")]
    private static partial Regex Reveal();

    [GeneratedRegex(@"Thread\.Sleep|Guid\.NewGuid|new HttpClient\(|async void")]
    private static partial Regex Blocking();

    [GeneratedRegex(@"catch\s*(\(Exception( \w+)?\))?\s*(\{|//|when|$)")]
    private static partial Regex CatchAll();

    [GeneratedRegex(@"//\s*TODO(?!\(#\d+\))")]
    private static partial Regex Todo();
}
