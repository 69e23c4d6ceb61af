using System.CommandLine;
using System.Text.RegularExpressions;
using Appliance.Domain.Audit;
using Appliance.Packages;
using Appliance.Workers;
using Appliance.Workers.Conformance;

namespace Appliance.Cli.Verbs;

/// <summary><c>plugin new</c> and <c>plugin check</c>: for those who make plugins, without the service.</summary>
internal static partial class PluginMaking
{
    internal static Command New()
    {
        var name = new Argument<string>("name") { Description = "Begins with a capital, such as Summaries" };
        var output = new Option<string>("--output") { Description = "Folder in which the plugin's folder is made", DefaultValueFactory = _ => "." };
        var packages = new Option<string?>("--packages") { Description = "Folder with the SDK's packages (./do pack writes artifacts/packages)" };
        var command = new Command("new", "A plugin that builds, learns from a toy set and passes the check") { name, output, packages };
        command.SetAction(parsed => LocalModelVerbs.Guarded(() =>
        {
            var called = parsed.GetValue(name)!; // required
            if (!NamePattern().IsMatch(called))
            {
                throw new ArgumentException("A plugin's name begins with a capital and has letters and digits only, such as Summaries.");
            }
            var folder = PluginTemplate.Write(called, parsed.GetValue(output)!, parsed.GetValue(packages)); // has a default
            Session.Say($"{folder} is there. Next:");
            Session.Say($"  dotnet build {folder} -c Release -o {folder}/out");
            Session.Say($"  appliance plugin check {folder}/out --base BASE_MODEL");
            Session.Say($"  appliance plugin pack {folder}/out");
            return ExitCodes.Done;
        }));
        return command;
    }

    internal static Command Check()
    {
        var folder = new Argument<string>("folder") { Description = "What a build of the plugin wrote" };
        var model = new Option<string?>("--base") { Description = "Folder of a base model, for a plugin that learns" };
        var sandbox = new Option<string>("--sandbox") { Description = "bubblewrap or none", DefaultValueFactory = _ => "bubblewrap" };
        var command = new Command("check", "Run a plugin as a site would, in the sandbox, and report what fails and why") { folder, model, sandbox };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await CheckAsync(parsed.GetValue(folder)!, parsed.GetValue(model), parsed.GetValue(sandbox)!, cancellationToken); // required; has a default
            }
            catch (Exception e) when (e is PackageException or IOException or ArgumentException or InvalidDataException)
            {
                Console.Error.WriteLine(e.Message);
                return e is PackageException ? ExitCodes.Check : ExitCodes.Usage;
            }
        });
        return command;
    }

    private static async Task<int> CheckAsync(string folder, string? model, string sandbox, CancellationToken cancellationToken)
    {
        // 1 What can be known without running it.
        var package = PluginPackage.Pack(LocalModelVerbs.Existing(folder));
        Say(new ConformanceResult("the manifest is complete and the files can be packed", null, $"{package.Manifest.Files.Count} files"));
        var undeclared = package.Admission.Undeclared(package.Manifest.Capabilities).ToArray();
        var results = new List<ConformanceResult>
        {
            new("its code asks for what it needs", undeclared.Length == 0 ? null : $"It seems to need {string.Join(", ", undeclared)}: name it under capabilities in plugin.yaml.", "nothing undeclared"),
        };
        results.ForEach(Say);

        // 2 The plugin alone in a folder, behind the real worker and the real sandbox.
        var plugins = Directory.CreateTempSubdirectory("appliance-check-");
        var trace = Directory.CreateTempSubdirectory("appliance-watch-");
        try
        {
            package.Unpack(Path.Combine(plugins.FullName, package.Manifest.Id));
            WorkerOptions Options() => new()
            {
                PluginsFolder = plugins.FullName, Sandbox = Enum.Parse<Workers.Launching.SandboxKind>(sandbox, ignoreCase: true), DeathsMax = 1000,
            };
            await using var watched = WatchedPool.Open(Options(), Path.Combine(trace.FullName, "calls"), new NoLog(), TimeProvider.System);
            await using var pool = new WorkerPool(Options(), new NoLog(), TimeProvider.System);
            pool.Discover([]).ToList().ForEach(Session.Say);
            var files = model is null ? [] : Directory.GetFiles(LocalModelVerbs.Existing(model)).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f));
            Func<string, string>? recipe = model is null ? null
                : task => $"base_model: base\ntask: {task}\nmethod: full\nlearning_rate: 0.001\nnum_train_epochs: 4\nper_device_train_batch_size: 8\nseed: 1\n";
            var kit = new ConformanceKit(pool, pool.Plugins.Single(), files, watched, recipe, TimeProvider.System);
            foreach (var result in await kit.RunAsync(cancellationToken))
            {
                Say(result);
                results.Add(result);
            }
        }
        finally
        {
            plugins.Delete(recursive: true);
            trace.Delete(recursive: true);
        }
        var failed = results.Count(r => r.Problem is not null);
        Session.Say(failed == 0 ? "It conforms." : $"{failed} checks failed.");
        return failed == 0 ? ExitCodes.Done : ExitCodes.Check;
    }

    private static void Say(ConformanceResult result) =>
        Session.Say(result.Problem is null ? $"  ok    {result.Check}: {result.Detail}" : $"  FAIL  {result.Check}\n        {result.Problem}");

    // A check on a maker's own machine touches nobody's data.
    private sealed class NoLog : IAuditLog
    {
        private long _count;

        public Task<AuditRecord> AppendAsync(AuditEntry entry) => Task.FromResult(new AuditRecord(Interlocked.Increment(ref _count)));
    }

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]{1,40}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
