using System.CommandLine;
using System.Text.Json.Nodes;
using Appliance.Crypto;
using Appliance.Packages;

namespace Appliance.Cli.Verbs;

/// <summary><c>plugin keygen/pack/sign/verify/units</c>: on files, without the service.</summary>
internal static class PackageVerbs
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static Command KeyGen()
    {
        var name = new Argument<string>("name") { Description = "Writes NAME.key (guard it) and NAME.pub" };
        return Local("keygen", "A new key to sign packages with, in minisign's format", [name], [], parsed =>
        {
            var (path, key) = (parsed.GetValue(name)!, MinisignSecretKey.New()); // required
            using (var file = new FileStream(path + ".key", new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Own }))
            using (var text = new StreamWriter(file))
            {
                text.Write($"untrusted comment: secret key, without a password\n{key}\n");
            }
            File.WriteAllText(path + ".pub", $"untrusted comment: minisign public key {key.Public.Name}\n{key.Public}\n");
            Session.Say($"Wrote {path}.key and {path}.pub. For trust.yaml: {key.Public}");
            return ExitCodes.Done;
        });
    }

    internal static Command Pack()
    {
        var folder = new Argument<string>("folder") { Description = "What a build of the plugin wrote" };
        var output = new Option<string>("--output", "-o") { Description = "Folder for the package", DefaultValueFactory = _ => "." };
        return Local("pack", "One file of a plugin: the same files give the same bytes", [folder], [output], parsed =>
        {
            var package = PluginPackage.Pack(LocalModelVerbs.Existing(parsed.GetValue(folder)!)); // required
            Directory.CreateDirectory(parsed.GetValue(output)!); // has a default
            var path = Path.Combine(parsed.GetValue(output)!, $"{package.Manifest.Id}-{package.Manifest.Version}.aplug");
            File.WriteAllBytes(path, package.ToBytes());
            Session.Say($"Wrote {path}: {package.Manifest.Files.Count} files. Next: appliance plugin sign --key MAKER.key {path}");
            foreach (var capability in package.Admission.Undeclared(package.Manifest.Capabilities))
            {
                Session.Say($"Its code seems to need {capability}, which plugin.yaml does not ask for under capabilities.");
            }
            return ExitCodes.Done;
        });
    }

    internal static Command Sign()
    {
        var file = new Argument<string>("file") { Description = "Package, .aplug" };
        var key = new Option<string>("--key") { Required = true, Description = "Secret key from keygen, or from minisign -G -W" };
        var site = new Option<bool>("--site") { Description = "The site's own signature: you have looked at it and want it here" };
        return Local("sign", "Sign a package, as its maker or (--site) as who runs the machine", [file], [key, site], parsed =>
        {
            var (path, secret) = (parsed.GetValue(file)!, MinisignSecretKey.Parse(File.ReadAllText(parsed.GetValue(key)!))); // required
            var package = PluginPackage.Open(File.ReadAllBytes(path)).Signed(secret, parsed.GetValue(site));
            File.WriteAllBytes(path + ".new", package.ToBytes());
            File.Move(path + ".new", path, overwrite: true);
            Session.Say($"Signed {package.Manifest.Id} {package.Manifest.Version} by {secret.Public.Name}.");
            return ExitCodes.Done;
        });
    }

    internal static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "Package, .aplug" };
        var trust = new Option<string>("--trust") { Description = "trust.yaml of the site", DefaultValueFactory = _ => "/etc/appliance/trust.yaml" };
        return Local("verify", "What a package is, who signed it, what its code reaches for; installs nothing", [file], [trust, Session.JsonOption], parsed =>
        {
            var package = PluginPackage.Open(File.ReadAllBytes(parsed.GetValue(file)!)); // required
            var path = parsed.GetValue(trust)!; // has a default
            var (root, errors) = File.Exists(path) ? TrustRoot.Read(File.ReadAllText(path)) : (TrustRoot.Nobody, [$"{path} is not there: nobody is trusted"]);
            var refusal = Refusal(root ?? TrustRoot.Nobody, package);
            if (parsed.GetValue(Session.JsonOption))
            {
                Console.WriteLine(Report(package, refusal).ToJsonString());
            }
            else
            {
                Print(package, errors, refusal);
            }
            return refusal is null ? ExitCodes.Done : ExitCodes.Check;
        });
    }

    internal static Command Units()
    {
        var id = new Argument<string>("id") { Description = "The plugin's id, or inspect for the worker that looks at models" };
        return Local("units", "The systemd socket and service that run one plugin, to read and to install", [id], [], parsed =>
        {
            Console.WriteLine(PluginUnits.Of(parsed.GetValue(id)!)); // required
            return ExitCodes.Done;
        });
    }

    private static PackageException? Refusal(TrustRoot trust, PluginPackage package)
    {
        try
        {
            trust.Require(package, newest: null);
            return null;
        }
        catch (PackageException e)
        {
            return e;
        }
    }

    private static void Print(PluginPackage package, IReadOnlyList<string> errors, PackageException? refusal)
    {
        var (manifest, admission) = (package.Manifest, package.Admission);
        Session.Say($"{manifest.Id} {manifest.Version}, SDK {manifest.Sdk}, tasks {string.Join(", ", manifest.Tasks)}; {manifest.Files.Count} files, each as it was packed.");
        Session.Say($"asks for:     {(manifest.Capabilities.Count > 0 ? string.Join(", ", manifest.Capabilities) : "nothing beyond answering")}");
        Session.Say($"native calls: {(admission.NativeCalls.Count > 0 ? string.Join(", ", admission.NativeCalls) : "none")}{(admission.Unsafe ? "; compiled with pointers" : "")}");
        Session.Say($"reaches for:  {(admission.Types.Count > 0 ? string.Join(", ", admission.Types) : "no process, socket, file, or code that makes code")}");
        admission.Undeclared(manifest.Capabilities).ToList().ForEach(c => Session.Say($"It seems to need {c} and does not ask for it."));
        errors.ToList().ForEach(e => Session.Say(e));
        Session.Say(refusal is null ? "Signed by its maker and by this site: it can be installed." : refusal.Message);
    }

    private static JsonObject Report(PluginPackage package, PackageException? refusal) => new()
    {
        ["id"] = package.Manifest.Id, ["version"] = package.Manifest.Version, ["hash"] = package.Hash, ["verdict"] = refusal?.Code ?? "ok",
        ["reason"] = refusal?.Message ?? "", ["capabilities"] = Words(package.Manifest.Capabilities),
        ["native_calls"] = Words(package.Admission.NativeCalls), ["reaches_for"] = Words(package.Admission.Types), ["unsafe"] = package.Admission.Unsafe,
    };

    private static JsonArray Words(IEnumerable<string> words) => new([.. words.Select(w => (JsonNode)w)]);

    private static Command Local(string name, string description, Argument[] arguments, Option[] options, Func<ParseResult, int> act)
    {
        var command = new Command(name, description);
        Array.ForEach(arguments, command.Arguments.Add);
        Array.ForEach([.. options.Where(o => o != Session.JsonOption)], command.Options.Add);
        command.SetAction(parsed =>
        {
            try
            {
                return act(parsed);
            }
            catch (Exception e) when (e is PackageException or IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(e.Message);
                return e is PackageException ? ExitCodes.Check : ExitCodes.Usage;
            }
        });
        return command;
    }
}
