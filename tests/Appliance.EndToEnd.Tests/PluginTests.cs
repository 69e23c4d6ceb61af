namespace Appliance.Tests;

/// <summary>A stranger's plugin on its way to a site: packed, signed twice, checked, installed, switched, removed, with the real command and service.</summary>
public sealed class PluginTests : IDisposable
{
    private static readonly string Built = Repository.File("artifacts", "build", "Attack", "Release", "net10.0");
    private readonly Running _host = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_plugin_is_packed_signed_verified_installed_switched_and_removed()
    {
        // 1 The maker packs and signs; the site looks, refuses, signs too.
        var (maker, site, package) = (_folder.File("maker"), _folder.File("site"), _folder.File("attack-0.1.0.aplug"));
        Running.Run("appliance", ["plugin", "keygen", maker]).Code.Should().Be(0);
        Running.Run("appliance", ["plugin", "keygen", site]).Code.Should().Be(0);
        File.GetUnixFileMode(maker + ".key").Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Running.Run("appliance", ["plugin", "pack", Built, "--output", _folder.Path]).Output.Should().Contain("seems to need native-code");
        var trust = Path.Combine(_host.Root, "etc", "trust.yaml");
        File.WriteAllText(trust, $"makers: [{File.ReadAllLines(maker + ".pub")[1]}]\nsite: [{File.ReadAllLines(site + ".pub")[1]}]\n");
        _host.Start();
        _host.Command("plugin", "install", package).Errors.Should().Contain("no key under makers in trust.yaml signed it");
        Running.Run("appliance", ["plugin", "sign", "--key", maker + ".key", package]).Code.Should().Be(0);
        var looked = Running.Run("appliance", ["plugin", "verify", "--trust", trust, package]);
        (looked.Code, looked.Output).Should().Match<(int Code, string Output)>(l => l.Code == 4 && l.Output.Contains("libc!syscall") && l.Output.Contains("the site has not signed it"));
        Running.Run("appliance", ["plugin", "sign", "--site", "--key", site + ".key", package]).Code.Should().Be(0);

        // 2 Installed, it runs at once; switched off it does not.
        _host.Command("plugin", "install", package).Output.Should().Contain("Installed attack 0.1.0: active");
        _host.Command("plugin", "list", "--json").Output.Should().Contain("\"attack\"").And.Contain("came with the appliance");
        _host.Command("plugin", "disable", "attack").Output.Should().Contain("disabled");
        _host.Command("plugin", "enable", "attack").Output.Should().Contain("active");
        _host.Command("plugin", "restart", "attack").Code.Should().Be(0);
        _host.Command("plugin", "restart", "nosuch").Code.Should().Be(5);

        // 3 It is still there after a restart of the service; a changed file is told and not run.
        _host.Stop();
        File.AppendAllText(Path.Combine(_host.Root, "var", "plugins", "attack", "0.1.0", "plugin.yaml"), "\n");
        _host.Start();
        _host.Command("plugin", "list").Output.Should().Contain("NOT_SUPPORTED").And.Contain("plugin.yaml");
        _host.Log.Should().Contain("A plugin is left out: attack 0.1.0");

        // 4 Removed; every step stands in the log.
        _host.Command("plugin", "remove", "attack").Code.Should().Be(0);
        var log = _host.Command("audit", "search", "--json").Output;
        string[] recorded = ["plugin.install", "unsigned", "plugin.disable", "plugin.enable", "plugin.restart", "plugin.remove"];
        recorded.Should().OnlyContain(word => log.Contains(word));
        _host.Verify().Output.Should().Contain("integrity: ok");
    }

    [Fact]
    public void A_stranger_makes_a_plugin_with_nothing_but_the_packages_and_it_conforms()
    {
        Running.Run(Repository.File("do"), ["pack"]).Code.Should().Be(0);
        Running.Run("appliance", ["plugin", "new", "Summaries", "--output", _folder.Path, "--packages", Repository.File("artifacts", "packages")]).Code.Should().Be(0);
        var (project, built) = (_folder.File("Summaries"), _folder.File("Summaries/out"));

        // Packages of their own, or an older build of ours in the user's cache would be taken.
        var build = Running.Run("/usr/bin/env", ["dotnet", "build", project, "-c", "Release", "-o", built, "-nologo", "-v", "quiet",
            "--disable-build-servers", "-nodeReuse:false", $"-p:RestorePackagesPath={_folder.File("packages")}"]);
        build.Code.Should().Be(0, build.Output);
        File.Exists(Path.Combine(built, "Appliance.Sdk.dll")).Should().BeFalse("the worker has the SDK");

        var good = Running.Run("appliance", ["plugin", "check", built, "--base", Repository.File("samples", "use-lite-en")]);
        good.Code.Should().Be(0, good.Output + good.Errors);
        good.Output.Should().Contain("It conforms").And.Contain("its saved model gives the same answers again")
            .And.Contain("every open, socket and program of a worker's life was looked at");
        var bad = Running.Run("appliance", ["plugin", "check", Built]);
        bad.Code.Should().Be(4);
        bad.Output.Should().Contain("FAIL  its code asks for what it needs").And.Contain("checks failed")
            .And.Contain("openat(/etc/shadow)").And.Contain("socket(AF_INET", "what the sandbox refuses and the plugin swallows is seen all the same");
    }

    [SkippableFact]
    public void The_units_of_a_plugin_pass_systemds_own_check()
    {
        Skip.IfNot(File.Exists("/usr/bin/systemd-analyze"), "needs systemd");
        var text = Running.Run("appliance", ["plugin", "units", "words"]).Output;
        foreach (var part in text.Split("# /etc/systemd/system/", StringSplitOptions.RemoveEmptyEntries))
        {
            File.WriteAllText(_folder.File(part.Split('\n')[0].Trim()), part[part.IndexOf('\n')..]);
        }

        var exposure = Running.Run("/usr/bin/systemd-analyze", ["security", "--offline=yes", "--threshold=6", _folder.File("appliance-plugin-words@.service")]);

        exposure.Code.Should().Be(0, exposure.Output);
        Running.Run("/usr/bin/systemd-analyze", ["verify", _folder.File("appliance-plugin-words.socket")]).Errors.Should().NotContain("Unknown").And.NotContain("appliance-plugin-words.socket:");
    }
}
