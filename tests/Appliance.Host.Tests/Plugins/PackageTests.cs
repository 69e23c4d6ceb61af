using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Appliance.Crypto;
using Appliance.Packages;

namespace Appliance.Tests;

/// <summary>Packages that were packed, signed and then treated as an enemy would.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly MinisignSecretKey Maker = MinisignSecretKey.New(), Site = MinisignSecretKey.New(), Stranger = MinisignSecretKey.New();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static TrustRoot Trust(string[]? revoked = null, string[]? capabilities = null) => new([Maker.Public], [Site.Public], revoked ?? [], capabilities ?? []);

    private PluginPackage Packed(string version = "1.2.0", string more = "", string name = "build")
    {
        Directory.CreateDirectory(_folder.File(name + "/data"));
        File.WriteAllText(_folder.File(name + "/plugin.yaml"), $"id: words\nversion: {version}\nsdk: 0\nassembly: Words.dll\ntype: Words.Plugin\n{more}tasks:\n  - name: words\n    input: [text]\n");
        File.WriteAllBytes(_folder.File(name + "/Words.dll"), [.. Enumerable.Range(0, 3000).Select(k => (byte)k)]);
        File.WriteAllText(_folder.File(name + "/data/list.txt"), "one\ntwo\n");
        return PluginPackage.Pack(_folder.File(name));
    }

    private PluginPackage Good(string version = "1.2.0", string more = "") => Packed(version, more).Signed(Maker, site: false).Signed(Site, site: true);

    [Fact]
    public void The_same_files_give_the_same_bytes_and_a_signed_package_is_taken()
    {
        Packed().ToBytes().Should().Equal(Packed(name: "again").ToBytes());
        var store = new PluginStore(_folder.File("store"));

        store.Install(Good().ToBytes(), Trust()).Manifest.Id.Should().Be("words");

        var listed = store.List(Trust()).Should().ContainSingle().Subject;
        (listed.State, listed.Version, File.Exists(Path.Combine(listed.Folder, "data", "list.txt"))).Should().Be((PluginState.Active, "1.2.0", true));
    }

    /// <summary>Name → what the enemy does to the zip's files; the archive itself is written as pack writes it.</summary>
    public static TheoryData<string> Tampers() => [.. FileTampers.Keys.Concat(ByteTampers.Keys)];

    private static readonly Dictionary<string, Action<Dictionary<string, byte[]>>> FileTampers = new()
    {
        ["bit in the assembly"] = f => f["Words.dll"][100] ^= 1,
        ["last byte of the assembly"] = f => f["Words.dll"][^1] ^= 128,
        ["longer assembly"] = f => f["Words.dll"] = [.. f["Words.dll"], 0],
        ["shorter assembly"] = f => f["Words.dll"] = f["Words.dll"][..^1],
        ["bit in the data"] = f => f["data/list.txt"][0] ^= 1,
        ["bit in plugin.yaml"] = f => f["plugin.yaml"][5] ^= 1,
        ["bit in the bill of materials"] = f => f["sbom.cdx.json"][20] ^= 1,
        ["bit in the manifest's id"] = f => Replace(f, "manifest.json", "\"words\"", "\"wordy\""),
        ["another version in the manifest"] = f => Replace(f, "manifest.json", "1.2.0", "9.2.0"),
        ["another hash in the manifest"] = f => Replace(f, "manifest.json", "\"sha256\": \"", "\"sha256\": \"0"),
        ["a capability in the manifest"] = f => Replace(f, "manifest.json", "\"capabilities\": []", "\"capabilities\": [\"gpu\"]"),
        ["space in the manifest"] = f => f["manifest.json"] = [.. f["manifest.json"], 32],
        ["manifest of another format"] = f => Replace(f, "manifest.json", "\"format\": 1", "\"format\": 2"),
        ["unknown field in the manifest"] = f => Replace(f, "manifest.json", "\"format\": 1", "\"format\": 1, \"extra\": 1"),
        ["no manifest"] = f => f.Remove("manifest.json"),
        ["empty manifest"] = f => f["manifest.json"] = [],
        ["file added"] = f => f["more.dll"] = [1],
        ["file removed"] = f => f.Remove("data/list.txt"),
        ["file renamed"] = f => { f["data/other.txt"] = f["data/list.txt"]; f.Remove("data/list.txt"); },
        ["two files swapped"] = f => (f["Words.dll"], f["data/list.txt"]) = (f["data/list.txt"], f["Words.dll"]),
        ["no maker's signature"] = f => f.Remove("manifest.json.minisig"),
        ["no site's signature"] = f => f.Remove("manifest.json.site.minisig"),
        ["empty signature"] = f => f["manifest.json.minisig"] = [],
        ["bit in the signature"] = f => f["manifest.json.minisig"][90] ^= 1,
        ["other trusted comment"] = f => Replace(f, "manifest.json.minisig", "maker signs words", "maker signs sword"),
        ["site's signature in the maker's place"] = f => f["manifest.json.minisig"] = f["manifest.json.site.minisig"],
        ["maker's signature in the site's place"] = f => f["manifest.json.site.minisig"] = f["manifest.json.minisig"],
        ["stranger's signature"] = f => f["manifest.json.minisig"] = Encoding.UTF8.GetBytes(Minisign.Sign(Stranger, f["manifest.json"], "maker signs words 1.2.0")),
        ["stranger with the maker's key id"] = f => f["manifest.json.minisig"] = Encoding.UTF8.GetBytes(
            Minisign.Sign(new MinisignSecretKey(Maker.Id, Stranger.Seed), f["manifest.json"], "maker signs words 1.2.0")),
        ["stranger for the site"] = f => f["manifest.json.site.minisig"] = Encoding.UTF8.GetBytes(Minisign.Sign(Stranger, f["manifest.json"], "x")),
        ["signature of another message"] = f => f["manifest.json.minisig"] = Encoding.UTF8.GetBytes(Minisign.Sign(Maker, "something else"u8, "x")),
        ["file that leads out"] = f => f["../out.txt"] = [1],
        ["absolute file"] = f => f["/etc/out.txt"] = [1],
        ["hidden file"] = f => f[".profile"] = [1],
        ["same name in other letters"] = f => f["words.DLL"] = f["Words.dll"],
        ["backslash in a name"] = f => f["data\\x.txt"] = [1],
    };

    private static readonly Dictionary<string, Func<byte[], byte[]>> ByteTampers = new()
    {
        ["bytes behind the archive"] = b => [.. b, 1, 2, 3],
        ["bytes before the archive"] = b => [0, .. b],
        ["cut archive"] = b => b[..^10],
        ["half an archive"] = b => b[..(b.Length / 2)],
        ["no archive"] = _ => Encoding.UTF8.GetBytes("hello"),
        ["nothing"] = _ => [],
        ["a date"] = b => Changed(b, 10),
        ["compressed again"] = b => Rezipped(b, CompressionLevel.Optimal, 0),
        ["a link's attributes"] = b => Rezipped(b, CompressionLevel.NoCompression, unchecked((int)0xA1FF0000)),
    };

    [Theory]
    [MemberData(nameof(Tampers))]
    public void A_package_that_was_touched_is_refused_before_anything_of_it_is_used(string tamper)
    {
        var store = new PluginStore(_folder.File("store"));
        var good = Good().ToBytes();
        byte[] bad;
        if (ByteTampers.TryGetValue(tamper, out var change))
        {
            bad = change(good);
        }
        else
        {
            var files = Unzipped(good);
            FileTampers[tamper](files);
            bad = Zipped(files);
        }

        var install = () => store.Install(bad, Trust());

        install.Should().Throw<PackageException>();
        store.List(Trust()).Should().BeEmpty();
        File.Exists(Path.Combine(_folder.Path, "out.txt")).Should().BeFalse();
    }

    [Fact]
    public void Older_revoked_foreign_and_greedy_packages_are_refused_with_the_reason()
    {
        var store = new PluginStore(_folder.File("store"));
        store.Install(Good("1.2.0").ToBytes(), Trust());
        store.Install(Good("1.10.0").ToBytes(), Trust());
        string Code(PluginPackage package, TrustRoot trust) => ((Action)(() => store.Install(package.ToBytes(), trust))).Should().Throw<PackageException>().Which.Code;

        Code(Good("1.9.0"), Trust()).Should().Be("older");
        store.Remove("words").Should().BeTrue();
        Code(Good("1.9.0"), Trust()).Should().Be("older", "what was removed is remembered");
        Code(Good("2.0.0"), Trust(revoked: ["words@2.0.0"])).Should().Be("revoked");
        Code(Good("2.0.0"), Trust(revoked: [Good("2.0.0").Hash])).Should().Be("revoked");
        Code(Good("2.0.0"), Trust(revoked: [Maker.Public.Name])).Should().Be("revoked");
        Code(Good("2.0.0", "capabilities: [gpu]\n"), Trust()).Should().Be("capability");
        Code(Good("2.0.0"), TrustRoot.Nobody).Should().Be("unsigned");
        store.Install(Good("2.0.0", "capabilities: [gpu]\n").ToBytes(), Trust(capabilities: ["gpu"])).Manifest.Version.Should().Be("2.0.0");
    }

    [Fact]
    public void A_package_that_is_changed_after_it_was_installed_is_not_supported_and_says_so()
    {
        var store = new PluginStore(_folder.File("store"));
        store.Install(Good("1.2.0").ToBytes(), Trust());
        store.Install(Good("1.3.0").ToBytes(), Trust());
        store.List(Trust()).Select(p => (p.Version, p.State)).Should().Equal(("1.3.0", PluginState.Active), ("1.2.0", PluginState.Superseded));
        store.Enable("words", false);
        store.List(Trust())[0].State.Should().Be(PluginState.Disabled);
        store.Enable("words", true);

        File.AppendAllText(Path.Combine(store.List(Trust())[0].Folder, "Words.dll"), "x");

        store.List(Trust())[0].Should().Match<StoredPlugin>(p => p.State == PluginState.NotSupported && p.Reason.Contains("Words.dll"));
        store.List(Trust(revoked: ["words@1.2.0"]))[1].Reason.Should().Contain("revokes");
    }

    [Fact]
    public void Signatures_are_minisigns_own_in_both_directions()
    {
        var package = Good();
        File.WriteAllBytes(_folder.File("manifest.json"), Unzipped(package.ToBytes())["manifest.json"]);
        File.WriteAllBytes(_folder.File("manifest.json.minisig"), Unzipped(package.ToBytes())["manifest.json.minisig"]);
        File.WriteAllText(_folder.File("maker.pub"), $"untrusted comment: key\n{Maker.Public}\n");
        File.WriteAllText(_folder.File("maker.key"), $"untrusted comment: key\n{Maker}\n");

        Run("-V", "-m", _folder.File("manifest.json"), "-p", _folder.File("maker.pub")).Should().Be(0);
        Run("-S", "-m", _folder.File("manifest.json"), "-s", _folder.File("maker.key"), "-x", _folder.File("theirs"), "-t", "by minisign").Should().Be(0);
        var theirs = File.ReadAllText(_folder.File("theirs"));
        Minisign.Signer([Stranger.Public, Maker.Public], File.ReadAllBytes(_folder.File("manifest.json")), theirs)!.Name.Should().Be(Maker.Public.Name);
        Minisign.Signer([Stranger.Public], File.ReadAllBytes(_folder.File("manifest.json")), theirs).Should().BeNull();
    }

    [Fact]
    public void Blake2b_gives_the_numbers_of_its_standard()
    {
        // RFC 7693, appendix A
        Convert.ToHexStringLower(Blake2b.Hash("abc"u8, 64)).Should().StartWith("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1");
        Blake2b.Hash(new byte[128], 64).Should().NotEqual(Blake2b.Hash(new byte[129], 64));
    }

    [Fact]
    public void The_admission_report_names_what_an_assembly_reaches_for()
    {
        var report = PluginPackage.Pack(Repository.File("artifacts", "build", "Attack", "Release", "net10.0")).Admission;

        report.NativeCalls.Should().Contain("libc!syscall");
        report.Types.Should().Contain(["System.Diagnostics.Process", "System.Net.Sockets.Socket"]);
        report.Unsafe.Should().BeTrue();
        report.Undeclared([]).Should().Equal("native-code");
    }

    private static int Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/minisign", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.WaitForExit(TimeSpan.FromSeconds(20)).Should().BeTrue();
        return process.ExitCode;
    }

    private static void Replace(Dictionary<string, byte[]> files, string name, string from, string to)
    {
        var text = Encoding.UTF8.GetString(files[name]);
        text.Should().Contain(from, "or the tamper does nothing");
        files[name] = Encoding.UTF8.GetBytes(text.Replace(from, to));
    }

    private static byte[] Changed(byte[] bytes, int at)
    {
        var copy = (byte[])bytes.Clone();
        copy[at] ^= 1;
        return copy;
    }

    private static Dictionary<string, byte[]> Unzipped(byte[] package)
    {
        using var zip = new ZipArchive(new MemoryStream(package));
        return zip.Entries.ToDictionary(e => e.FullName, e =>
        {
            using var body = e.Open();
            using var copy = new MemoryStream();
            body.CopyTo(copy);
            return copy.ToArray();
        });
    }

    private static byte[] Zipped(Dictionary<string, byte[]> files) => Zip(files, CompressionLevel.NoCompression, 0);

    private static byte[] Rezipped(byte[] package, CompressionLevel level, int attributes) => Zip(Unzipped(package), level, attributes);

    private static byte[] Zip(Dictionary<string, byte[]> files, CompressionLevel level, int attributes)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                var entry = zip.CreateEntry(name, level);
                (entry.LastWriteTime, entry.ExternalAttributes) = (new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero), attributes);
                using var body = entry.Open();
                body.Write(content);
            }
        }
        return stream.ToArray();
    }
}
