using System.Text;

namespace Appliance.Tests;

/// <summary>Ten thousand identifiers go in by every door; not one is in any byte that was written, in eight ways of writing it.</summary>
public sealed class CanaryTests
{
    [Fact]
    public void What_is_looked_for_would_be_found()
    {
        var canaries = new Canaries(seed: 1, count: 50);
        var one = canaries.All[7];
        byte[][] written =
        [
            Encoding.UTF8.GetBytes("xx" + one), Encoding.Unicode.GetBytes(one), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(Encoding.UTF8.GetBytes("a" + one))),
            Encoding.ASCII.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(one))), Encoding.ASCII.GetBytes(new string([.. one.Reverse()])),
            Encoding.ASCII.GetBytes(string.Concat(one.Select(c => $"\\u{(int)c:x4}"))),
            .. Enumerable.Range(0, 3).Select(k => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('z', k) + one + " and more")))), Packed(one),
        ];
        written.Should().OnlyContain(w => canaries.In(w).Any());
        Canaries.Ways.Should().HaveCount(8);
        canaries.In(Encoding.UTF8.GetBytes("nothing of the kind, 4111 1111 1111 1111")).Should().BeEmpty();
    }

    [Fact]
    public void None_of_ten_thousand_is_in_any_byte_that_was_written()
    {
        using var host = new Running();
        host.Start();
        var canaries = new Canaries(seed: 2, count: 10_000);
        var rows = canaries.All.Chunk(5).Select((c, k) => (Text: $"Buongiorno, scrivo per la pratica: codice fiscale {c[0]}, IBAN {c[1]}, posta {c[2]}, cellulare {c[3]}, carta {c[4]}. Attendo risposta {k}", Label: k % 2)).ToArray();
        var csv = "text,label\n" + string.Concat(rows.Select(r => $"\"{r.Text}\",{r.Label}\n"));

        // 1 By every door: imports that succeed and fail, requests, names, people, files that are none.
        host.Command("dataset", "import", "canaries", host.File_("canaries.csv", csv)).Code.Should().Be(0);
        host.Command("dataset", "import", "torn", host.File_("torn.csv", csv.Replace("\",1", ",1"))).Code.Should().Be(2);
        host.Command("dataset", "import", "denied", host.File_("denied.csv", csv), "--purpose", "marketing").Code.Should().Be(3);
        host.Command("dataset", "show", "canaries").Code.Should().Be(0);
        var one = canaries.All[0];
        host.CommandWith(rows[0].Text, "infer", "sentiment");
        host.CommandWith(rows[1].Text, "infer", one);
        host.CommandWith(one + "\n", "subject", "find");
        host.CommandWith(one + "\n", "subject", "erase");
        host.Command("audit", "search", "--object", one, "--actor", canaries.All[2]);
        host.Command("dataset", "show", one);
        host.Command("model", "show", canaries.All[1]);
        host.Command("job", "cancel", canaries.All[1]);
        host.Command("model", "promote", canaries.All[2]);
        host.Command("train", host.File_("recipe.yaml", $"base_model: {one}\n{canaries.All[2]}: 1\n"), "--dataset", canaries.All[1]);
        host.Command("model", "import", "base", host.File_("model.safetensors", rows[0].Text));
        host.Command("plugin", "install", host.File_("plugin.aplug", csv));
        host.Command("audit", "report", "processing", "--object", one).Code.Should().Be(0);
        foreach (var path in new[] { "/analyze", "/anonymize" })
        {
            foreach (var row in rows.Take(200))
            {
                PrivacyTests.Post(host, path, new System.Text.Json.Nodes.JsonObject { ["text"] = row.Text })!.ToJsonString().Should().NotContain("\"error\"");
            }
        }
        foreach (var file in Directory.GetFiles(host.Root, "*", SearchOption.TopDirectoryOnly).Where(f => !f.EndsWith("host.log", StringComparison.Ordinal)))
        {
            File.Delete(file); // what the test itself has put there
        }
        host.Stop();

        // 2 Every byte that is left: databases, write-ahead logs, vault, log, temporary files.
        var files = Directory.EnumerateFiles(host.Root, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)).ToArray();
        files.Should().Contain(f => f.EndsWith("audit.db")).And.Contain(f => f.EndsWith("state.db")).And.Contain(f => f.EndsWith("host.log"));
        files.SelectMany(f => canaries.In(File.ReadAllBytes(f)).Take(3).Select(found => $"{Path.GetFileName(f)}: {found}")).Should().BeEmpty();
    }

    private static byte[] Packed(string text)
    {
        using var stream = new MemoryStream();
        using (var packed = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            packed.Write(Encoding.UTF8.GetBytes("before " + text + " after"));
        }
        return [1, 2, 3, .. stream.ToArray()];
    }
}
