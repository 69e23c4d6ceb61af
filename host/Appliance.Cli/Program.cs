using System.CommandLine;
using Appliance.Cli;
using Appliance.Cli.Demo;
using Appliance.Cli.Verbs;

// The one program for people. Every verb is built in a file of Verbs/ and listed here.
var root = new RootCommand("The appliance: models of your own, without personal data going anywhere.")
{
    SystemVerbs.Status(), DatasetVerbs.Build(), JobVerbs.Train(), JobVerbs.Build(), ModelVerbs.Build(), PluginVerbs.Build(), InferVerb.Build(),
    PolicyVerbs.Build(), AuditVerbs.Build(), SubjectVerbs.Build(), RevealVerb.Build(), SystemVerbs.Schedule(), PiiVerbs.Build(), SystemVerbs.Run(), TuiVerb.Build(),
    TokenizeVerb.Build(), BenchVerbs.Build(), DemoVerb.Build(),
};
root.Options.Add(Session.RootOption);
root.Options.Add(Session.JsonOption);
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(Appliance.Tui.Core.SafeText.Line(error.Message));
    }
    Console.Error.WriteLine("See: appliance --help");
    return ExitCodes.Usage;
}
return await parsed.InvokeAsync();
