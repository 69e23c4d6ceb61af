using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mono.Cecil;

namespace Appliance.Tests;

/// <summary>Rules R1 to R12 of the architecture; each is also tried against a planted violation, so that none sleeps.</summary>
public sealed class ArchitectureTests
{
    private static Source Planted(string path, params string[] lines) => new(path, lines);

    [Fact]
    public void R1_projects_reference_only_whom_they_may()
    {
        var problems = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/artifacts/") && !f.Contains("/tests/") && !f.Contains("/bench/"))
            .SelectMany(f => Rules.R1(Path.GetFileNameWithoutExtension(f), XDocument.Load(f).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!))));

        problems.Should().BeEmpty();
        Rules.R1("Appliance.Domain", ["Appliance.Storage"]).Should().ContainSingle();
        Rules.R1("Appliance.Novelty", []).Should().ContainSingle();
    }

    [Fact]
    public void R2_the_domain_touches_no_file_clock_environment_or_socket()
    {
        Rules.R2(Source.Product).Should().BeEmpty();
        Rules.R2([Planted("host/Appliance.Domain/X.cs", "var t = File.ReadAllText(p);")]).Should().ContainSingle();
    }

    [Fact]
    public void R3_each_dangerous_thing_has_one_door()
    {
        Rules.R3(Source.Product).Should().BeEmpty();
        Rules.R3(
        [
            Planted("host/Appliance.Service/X.cs", "using Microsoft.Data.Sqlite;", "Process.Start(x);", "new TcpListener();"),
            Planted("host/Appliance.Worker/X.cs", "bridge_call();"),
        ]).Should().HaveCount(4);
    }

    [Fact]
    public void R4_personal_text_is_revealed_in_privacy_and_policies_only()
    {
        Rules.R4(Source.Product).Should().BeEmpty();
        Rules.R4([Planted("host/Appliance.Service/X.cs", "log(text.Reveal());")]).Should().ContainSingle();
    }

    [Fact]
    public void R6_nothing_blocks_guesses_ids_or_calls_out()
    {
        Rules.R6(Source.Product).Should().BeEmpty();
        Rules.R6([Planted("host/Appliance.Service/X.cs", "Thread.Sleep(5);", "new HttpClient();")]).Should().HaveCount(2);
    }

    [Theory]
    [InlineData("Appliance.Sdk")]
    [InlineData("Appliance.Sdk.Testing")]
    [InlineData("Appliance.Torch")]
    [InlineData("Appliance.Models")]
    [InlineData("Appliance.Training")]
    public void R7_the_public_api_of_the_sdks_packages_equals_its_golden_file(string project)
    {
        var assembly = AssemblyDefinition.ReadAssembly(Repository.File("artifacts", "build", project, "Release", "net10.0", project + ".dll"));
        var api = string.Join('\n', assembly.MainModule.Types.Where(t => t.IsPublic).OrderBy(t => t.FullName, StringComparer.Ordinal)
            .SelectMany(t => t.Methods.Where(m => m.IsPublic && !m.IsSetter).Select(m => m.FullName).Order(StringComparer.Ordinal).Prepend(t.FullName))) + "\n";
        var golden = Repository.File("tests", "Golden", project + ".api.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(golden, api);
        }

        api.Should().Be(File.ReadAllText(golden), "a change of the SDK's public API breaks strangers' plugins; if it is meant, run ./do golden");
    }

    [Fact]
    public void R8_files_and_methods_stay_small_and_exceptions_are_named()
    {
        Rules.R8(Source.Product).Should().BeEmpty();
        Rules.R8(
        [
            Planted("a/b/Long.cs", [.. Enumerable.Repeat("x", 301)]),
            Planted("a/b/Catch.cs", "catch (Exception e)", "// TODO later"),
            Planted("a/b/Method.cs", ["    void M()", "    {", .. Enumerable.Repeat("        x();", 61), "    }"]),
        ]).Should().HaveCount(4);
    }

    [Fact]
    public void Regular_expressions_on_user_text_cannot_backtrack()
    {
        Rules.Linear(Source.Product).Should().BeEmpty();
        Rules.Linear([Planted("a/b/X.cs", "new Regex(p)")]).Should().ContainSingle();
    }

    [Fact]
    public void R9_every_option_has_a_limit_and_says_its_default()
    {
        static IEnumerable<string> Loose(Source s) => Regex.Matches(s.Text, @"((?:^ {4}(?:///|\[).*\n)*) {4}public (\w+) (\w+) \{ get; set; \}", RegexOptions.Multiline)
            .Where(m => !m.Groups[1].Value.Contains('[') || !Regex.IsMatch(m.Groups[1].Value, "[Dd]efault"))
            .Select(m => $"{s.Path}: {m.Groups[3].Value} needs a [Range] or [Required] and a documented default");

        Source.Product.Where(s => s.Path.EndsWith("Options.cs")).SelectMany(Loose).Should().BeEmpty();
        Loose(Planted("a/b/XOptions.cs", "    /// <summary>Threads.</summary>", "    public int Threads { get; set; }")).Should().ContainSingle();
    }

    [Fact]
    public void R11_the_units_carry_the_directives_that_the_promises_need()
    {
        static IEnumerable<string> Missing(string unit) => new[]
        {
            "Type=notify", "WatchdogSec=", "PrivateNetwork=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "LoadCredential",
            "LimitCORE=0", "RestrictAddressFamilies=AF_UNIX", "CapabilityBoundingSet=", "UnsetEnvironment=", "DOTNET_EnableDiagnostics=0",
        }.Where(d => !unit.Contains(d, StringComparison.Ordinal));

        Missing(File.ReadAllText(Repository.File("systemd", "appliance-host.service"))).Should().BeEmpty();
        File.ReadAllText(Repository.File("systemd", "appliance-host.service")).Should().NotContain("MemoryDenyWriteExecute=yes", "it crashes CoreCLR");
        Missing("Type=simple").Should().NotBeEmpty();
    }

    [Fact]
    public void R12_every_verb_of_the_command_is_in_the_readme_and_in_a_test()
    {
        static string[] Verbs(IEnumerable<Source> sources) => [.. sources
            .SelectMany(s => Regex.Matches(s.Text, @"(?:new Command|new\(|OnJob|Change|Verb|Text)\(?""([a-z]+)"",").Select(m => m.Groups[1].Value)).Distinct()];
        static string[] Unnamed(string[] verbs, string text, string pattern) => [.. verbs.Where(v => !Regex.IsMatch(text, string.Format(pattern, v)))];
        var verbs = Verbs(Source.Product.Where(s => s.Path.StartsWith("host/Appliance.Cli/Verbs/")));
        var readme = File.ReadAllText(Repository.File("README.md"));
        var tests = string.Concat(Directory.EnumerateFiles(Repository.File("tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        verbs.Should().HaveCountGreaterThan(20);
        Unnamed(verbs, readme, @"\b{0}\b").Should().BeEmpty("the README's table of verbs must name them");
        Unnamed(verbs, tests, @"""{0}[ ""]| {0}[ ""]").Should().BeEmpty("each verb needs a test");
        Unnamed(Verbs([Planted("a/b/X.cs", "new Command(\"frobnicates\", \"what\")")]), readme, @"\b{0}\b").Should().ContainSingle();
    }

    [Fact]
    public void The_verifier_shares_no_code_with_the_writer() => AssemblyDefinition
        .ReadAssembly(Repository.File("artifacts", "bin", "appliance-verify.dll")).MainModule.AssemblyReferences
        .Select(r => r.Name).Where(n => n.StartsWith("Appliance")).Should().BeEmpty();

    [Fact]
    public void The_host_runs_without_libtorch() => new[] { "appliance-host", "Appliance.Domain", "Appliance.Storage", "Appliance.Workers" }
        .SelectMany(n => AssemblyDefinition.ReadAssembly(Repository.File("artifacts", "bin", n + ".dll")).MainModule.AssemblyReferences)
        .Select(r => r.Name).Should().NotContain(["Appliance.Torch", "Appliance.Models", "Appliance.Training"]);
}
