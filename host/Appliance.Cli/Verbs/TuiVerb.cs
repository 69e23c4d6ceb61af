using System.CommandLine;

namespace Appliance.Cli.Verbs;

/// <summary><c>tui</c>: the terminal UI.</summary>
internal static class TuiVerb
{
    internal static Command Build() => new("tui", "Screens for operators");
}
