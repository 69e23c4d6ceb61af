using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>What the people do who read the log: search, show, export, prove, witness, report, review, prune.</summary>
public sealed class AuditTests : IClassFixture<AuditTests.Used>
{
    private readonly Running _host;

    public AuditTests(Used used) => _host = used.Host;

    [Fact]
    public void Every_verb_and_endpoint_leaves_its_record()
    {
        (string[] Verb, string? Input, string Action)[] verbs =
        [
            (["dataset", "import", "two", _host.File_("two.csv", "text,label\nciao a tutti,1\nbuongiorno,0\n")], null, "data.import"),
            (["model", "import", "again", Repository.File("samples", "use-lite-en")], null, "model.import"),
            (["train", _host.Recipe("head", 1), "--dataset", "letters"], null, "model.train"), (["model", "gate", "sentiment/v1"], null, "model.gate"),
            (["train", _host.Recipe("head", 1), "--dataset", "letters", "--purpose", "research"], null, "job.submit"),
            (["plugin", "install", _host.File_("no.aplug", "no package")], null, "plugin.install"), (["plugin", "remove", "nosuch"], null, "plugin.remove"),
            (["dataset", "show", "letters"], null, "data.view"), (["model", "show", "use-lite-en"], null, "model.view"),
            (["policy", "show"], null, "policy.view"), (["policy", "reload"], null, "policy.load"), (["schedule", "tick"], null, "sys.tick"),
            (["plugin", "restart", "sentiment"], null, "plugin.restart"), (["plugin", "disable", "vision"], null, "plugin.disable"),
            (["plugin", "enable", "vision"], null, "plugin.enable"), (["audit", "search"], null, "audit.search"), (["audit", "show", "1"], null, "audit.show"),
            (["audit", "export", "--format", "csv"], null, "audit.export"), (["audit", "prove", "1"], null, "audit.prove"),
            (["audit", "report", "processing"], null, "audit.report"), (["audit", "checkpoint"], null, "audit.checkpoint"), (["audit", "witness"], null, "audit.witness"),
            (["subject", "find"], "nobody-here\n", "subject.find"), (["subject", "erase"], "nobody-here\n", "subject.erase"), (["job", "cancel", "job-1"], null, ""),
            (["model", "promote", "use-lite-en"], null, "model.promote"), (["infer", "sentiment"], "ciao", ""), (["status"], null, ""), (["job", "list"], null, ""), (["dataset", "list"], null, ""),
        ];
        foreach (var (verb, input, action) in verbs)
        {
            var before = Size();
            _host.CommandWith(input ?? "", verb);
            var records = Records(before);
            if (action.Length > 0)
            {
                records.Should().Contain(r => r!["act"]!.ToString() == action && r["actor"]!.ToString().StartsWith("uid:"), string.Join(' ', verb));
            }
            else
            {
                records.Should().NotContain(r => r!["phase"]!.ToString() == "intent", $"{string.Join(' ', verb)} does nothing here");
            }
        }
        PrivacyTests.Post(_host, "/analyze", new JsonObject { ["text"] = "ciao" });
        PrivacyTests.Post(_host, "/anonymize", new JsonObject { ["text"] = "ciao" });
        _host.Command("audit", "search", "--action", "pii", "--json").Json.AsArray().Should().HaveCount(4, "an intent and an outcome each");
        _host.Command("audit", "search", "--action", "auth.login", "--json").Json.AsArray().Should().NotBeEmpty();
        _host.Command("audit", "search", "--action", "sys.configuration", "--json").Json.AsArray().Should().ContainSingle();
        _host.Command("audit", "search", "--action", "data.import", "--json").Json.AsArray().Last()!["from"]![0]!.ToString().Should().Be("file/csv");
    }

    [Fact]
    public void Records_are_found_by_time_and_field_and_shown_whole()
    {
        _host.Command("audit", "search", "--object", "dataset/letters", "--action", "data", "--decision", "allow", "--rule", "R10", "--purpose", "citizen-service", "--json")
            .Json.AsArray().Should().HaveCountGreaterThanOrEqualTo(2, "the import's intent and outcome");
        _host.Command("audit", "search", "--to", "2020-01-01").Output.Should().Contain("No record matches");
        _host.Command("audit", "search", "--from", "yesterday").Errors.Should().Contain("is no time");
        _host.Command("audit", "show", "1").Output.Should().Contain("policy.load").And.Contain("salt");
        _host.Command("audit", "show", "99999999").Code.Should().Be(5);
    }

    [Theory]
    [InlineData("json"), InlineData("csv"), InlineData("cloudevents"), InlineData("ocsf"), InlineData("cef")]
    public void Exports_hold_every_record_and_the_checkpoint_that_covers_them(string format)
    {
        var file = _host.File_("export", "");
        _host.Command("audit", "export", "--format", format, "--out", file).Code.Should().Be(0);
        var text = File.ReadAllText(file);
        text.Should().Contain("policy.load").And.Contain("audit.export", "the export is a record of its own");
        switch (format)
        {
            case "json":
                var whole = JsonNode.Parse(text)!;
                var kept = _host.File_("export.note", whole["checkpoint"]!.ToString());
                _host.Verify("--checkpoint", kept).Output.Should().Contain("integrity: ok");
                whole["records"]!.AsArray().Count.ToString().Should().Be(whole["checkpoint"]!.ToString().Split('\n')[1], "the checkpoint covers what was exported, all of it");
                break;
            case "csv":
                text.Split("\r\n").Where(l => l.Length > 0).Select(l => l.Split(',').Length).Distinct().Should().ContainSingle();
                break;
            case "cloudevents":
                JsonNode.Parse(text)!.AsArray().Should().OnlyContain(e => e!["specversion"]!.ToString() == "1.0" && e["id"] != null && e["source"] != null && e["type"] != null);
                JsonNode.Parse(text)!.AsArray().Last()!["data"]!["note"]!.ToString().Should().Contain("\u2014 appliance/");
                break;
            case "ocsf":
                JsonNode.Parse(text)!.AsArray().Should().OnlyContain(e => Ocsf(e!));
                break;
            case "cef":
                text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().OnlyContain(l => l.StartsWith("CEF:0|Appliance|") && l.Split('|').Length >= 8);
                text.Should().Contain("msg=appliance/");
                break;
        }
        _host.Command("audit", "export", "--format", "pdf").Errors.Should().Contain("Known: json, csv, cloudevents, ocsf, cef");
    }

    [Fact]
    public void A_proof_of_one_record_is_checked_without_the_log_and_a_changed_one_is_not()
    {
        var key = Path.Combine(_host.Root, "var", "audit", "audit.pub");
        var proof = _host.File_("proof", _host.Command("audit", "prove", "2").Output);
        var good = Running.Run("appliance-verify", ["check", proof, "--public-key", key]);
        good.Output.Should().Contain("proof: ok, record 2 is in the log of").And.Contain("\"seq\":2,");
        good.Code.Should().Be(0);
        File.WriteAllText(proof, File.ReadAllText(proof).Replace("index 1\n", "index 2\n"));
        Running.Run("appliance-verify", ["check", proof, "--public-key", key]).Code.Should().Be(4);
        _host.Command("audit", "prove", "99999999").Code.Should().Be(5);
    }

    [Fact]
    public void A_witness_on_another_computer_makes_the_log_complete_without_a_checkpoint_of_ones_own()
    {
        var (state, key) = (Path.Combine(_host.Root, "usb", Guid.NewGuid().ToString("N")), Path.Combine(_host.Root, "var", "audit", "audit.pub"));
        var witness = _host.File_("witness.pub", Running.Run("appliance-verify", ["witness", "init", state, "auditor.example"]).Output);
        string Round()
        {
            var request = _host.File_("request", _host.Command("audit", "witness").Output);
            var signed = Running.Run("appliance-verify", ["witness", "sign", state, request, "--public-key", key]);
            signed.Code.Should().Be(0, signed.Errors);
            return _host.Command("audit", "witness", "--add", _host.File_("signed", signed.Output)).Output;
        }
        _host.Command("audit", "witness", "--since", "0").Code.Should().Be(0);

        Round().Should().Contain("Witnessed by auditor.example up to record");
        _host.Command("audit", "search").Code.Should().Be(0);
        Round().Should().Contain("Witnessed by");

        _host.Verify("--witness-key", witness).Output.Should().Contain("integrity: ok").And.MatchRegex("proven from outside up to: [1-9]");
        _host.Command("audit", "witness", "--add", _host.File_("forged", "nonsense\n1\nAAAA\n\n\n")).Errors.Should().Contain("no checkpoint of this log");
        _host.Command("audit", "witness", "--since", "999999").Code.Should().Be(2);
        _host.Command("status", "--json").Json["audit"]!["witnessed_size"]!.GetValue<long>().Should().BePositive();
    }

    [SkippableFact]
    public void A_log_on_a_disk_that_nobody_can_write_is_verified_too()
    {
        Skip.IfNot(Environment.UserName == "root", "needs root to mount");
        var frozen = Repository.File("tests", "Golden", "audit", "v2");
        var disk = Directory.CreateDirectory(Path.Combine(_host.Root, "usb-stick")).FullName;
        Running.Run("/bin/mount", ["--bind", frozen, disk]).Code.Should().Be(0);
        try
        {
            Running.Run("/bin/mount", ["-o", "remount,ro,bind", disk]).Code.Should().Be(0);
            Running.Run("appliance-verify", [disk + "/log", "--public-key", disk + "/audit.pub", "--checkpoint", disk + "/kept.note"]).Output
                .Should().Contain("integrity: ok").And.Contain("completeness: ok");
        }
        finally
        {
            Running.Run("/bin/umount", ["-l", disk]);
        }
    }

    [Theory]
    [InlineData("processing", "Registro delle attività di trattamento", "citizen-service"), InlineData("erasure", "Fascicolo delle cancellazioni", "subject.erase")]
    [InlineData("retention", "Scadenze di conservazione", "730"), InlineData("lineage", "Provenienza dei modelli", "file/csv")]
    [InlineData("residency", "Dichiarazione di residenza", "site"), InlineData("administrators", "Accessi degli amministratori di sistema", "auth.login")]
    [InlineData("hipaa", "Riesame", "data.import"), InlineData("ai-act", "Estratto degli eventi", "Incidenti")]
    public void Reports_come_in_both_languages_from_the_records_alone(string kind, string title, string fact)
    {
        _host.CommandWith("nobody-of-this-name\n", "subject", "erase");
        var italian = _host.Command("audit", "report", kind, "--lang", "it").Output;
        italian.Should().Contain("<html lang=\"it\">").And.Contain(System.Net.WebUtility.HtmlEncode(title)).And.Contain(fact).And.Contain("appliance/", "the checkpoint stands below");
        italian.Should().NotContain("<script").And.NotContain("http://").And.NotContain("https://", "nothing is loaded from anywhere");
        _host.Command("audit", "report", kind).Output.Should().Contain("<html lang=\"en\">").And.Contain("@media print");
        _host.Command("audit", "report", "horoscope").Errors.Should().Contain("Known reports: processing");
    }

    [Fact]
    public void A_person_is_a_pseudonym_until_the_key_is_erased_and_nobody_after()
    {
        const string Number = "PAZ-0047-1182";
        var person = _host.File_("person", Number + "\n");
        _host.CommandWith("Grazie", "infer", "letters-rules", "--subject-file", person);
        _host.CommandWith("Grazie di tutto", "infer", "sentiment", "--subject-file", person);
        var found = _host.CommandWith(Number + "\n", "subject", "find");
        if (found.Code == 5)
        {
            return; // no model serves here yet, so nothing was asked: MainJobTests has one
        }
        var pseudonym = found.Output.Trim();
        _host.Command("audit", "report", "subject", "--subject", pseudonym).Output.Should().Contain("model.infer");
        _host.CommandWith(Number + "\n", "subject", "erase").Code.Should().Be(0);
        _host.CommandWith(Number + "\n", "subject", "find").Code.Should().Be(5);
        _host.AllBytes().Should().NotContain(Number);
    }

    [Fact]
    public void Sealed_segments_reach_the_second_device_while_the_service_runs()
    {
        using var host = new Running();
        var second = Directory.CreateDirectory(Path.Combine(host.Root, "second")).FullName;
        Directory.CreateDirectory(Path.Combine(host.Root, "etc"));
        File.WriteAllText(Path.Combine(host.Root, "etc", "appliance.json"), $$$"""{"Audit":{"SecondDevice":"{{{second}}}","SegmentRecords":5}}""");
        host.Start();
        for (var k = 0; k < 12; k++)
        {
            host.Command("audit", "show", "1").Code.Should().Be(0);
        }
        Running.WaitFor(() => Directory.GetFiles(second, "audit-*.db").Length >= 2, "two segments on the second device");
        host.Command("audit", "search", "--action", "audit.copy", "--json").Output.Should().Contain("same-device", "the log says that this is no other disk");
        var note = host.File_("kept.note", host.Command("audit", "checkpoint").Output);
        Running.Run("appliance-verify", [Path.Combine(host.Root, "var", "audit"), "--public-key", Path.Combine(host.Root, "var", "audit", "audit.pub"), "--checkpoint", note])
            .Output.Should().Contain("integrity: ok");
        host.Stop();
    }

    [SkippableFact]
    public void Reviews_and_prunings_need_the_right_people()
    {
        Skip.IfNot(Environment.UserName == "root", "needs root to become somebody else");
        using var host = new Running();
        Directory.CreateDirectory(Path.Combine(host.Root, "etc"));
        File.WriteAllText(Path.Combine(host.Root, "etc", "appliance.json"), """{"Audit":{"KeepDays":-1}}""");
        var group = host.File_("group", File.ReadAllText("/etc/group") + "appliance-approver:x:4711:\n");
        var own = host.File_("own.sh", $"#!/bin/sh\nexec unshare -m /bin/sh -c 'mount --bind {group} /etc/group && exec \"$@\"' sh \"$@\"\n");
        host.Start("/bin/sh " + own);
        File.SetUnixFileMode(host.Root, (UnixFileMode)0b111_101_101);
        Ended Approver(params string[] verb) => Running.Run(
            "/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--groups=4711", Path.Combine(Repository.Programs, "appliance"), .. verb, "--root", host.Root]);
        var probe = Approver("status");
        Skip.If(probe.Errors.Contains("Permission denied"), "this checkout lies where only root may look");
        probe.Code.Should().Be(0, probe.Errors);

        host.Command("audit", "review", "--first", "1", "--last", "3").Code.Should().Be(3, "an operator does not review operators");
        Approver("audit", "review", "--first", "1", "--last", "3").Output.Should().Contain("Reviewed: records 1 to 3");
        Approver("audit", "review", "--first", "5", "--last", "3").Code.Should().Be(2);

        const string Letter = "Mi chiamo Anna Neri, CF RSSMRA85T10A562S";
        var hidden = PrivacyTests.Post(host, "/anonymize", new JsonObject
        {
            ["text"] = Letter, ["map_purpose"] = "citizen-service",
            ["anonymizers"] = new JsonObject { ["PERSON"] = new JsonObject { ["type"] = "pseudonymize" }, ["IT_FISCAL_CODE"] = new JsonObject { ["type"] = "encrypt" } },
        })!;
        hidden["text"]!.ToString().Should().Contain("<PERSON_1>").And.NotContain("Neri").And.NotContain("RSSMRA");
        var (map, redacted) = (host.File_("map", hidden["map"]!.ToString()), host.File_("redacted", hidden["text"]!.ToString()));
        File.SetUnixFileMode(map, (UnixFileMode)0b110_100_100);
        var operatorAsks = Running.Run("/bin/sh", ["-c", $"{Path.Combine(Repository.Programs, "appliance")} reveal --map {map} --root {host.Root} < {redacted}"]);
        (operatorAsks.Code, operatorAsks.Output).Should().Be((3, ""), "rule R40 shows it to approvers alone");
        string As(string more) => $"{Path.Combine(Repository.Programs, "appliance")} reveal {more} --root {host.Root} < {redacted}";
        Running.Run("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--groups=4711", "/bin/sh", "-c", As($"--map {map}")]).Output.Should().Be(Letter);
        Running.Run("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--groups=4711", "/bin/sh", "-c", As($"--map {map} --purpose research")]).Code.Should().Be(3);
        host.Command("audit", "search", "--action", "pii.reveal", "--json").Json.AsArray().Select(r => r!["decision"]!.ToString()).Should().Equal("deny", "allow", "allow", "deny");

        var asked = host.Command("audit", "prune", "--before", TimeProvider.System.GetUtcNow().AddDays(1).ToString("yyyy-MM-dd"), "--json");
        asked.Code.Should().Be(0, asked.Errors);
        var number = asked.Json["record"]!.ToString();
        host.Command("audit", "prune", "--approve", number).Errors.Should().Contain("a second person must");
        Approver("audit", "prune", "--approve", "1").Code.Should().Be(5);
        Approver("audit", "prune", "--approve", number).Output.Should().Contain("have no bodies any more");

        host.Command("audit", "show", "1").Output.Should().Contain("pruned");
        var note = host.File_("kept.note", host.Command("audit", "checkpoint").Output);
        var verified = host.Verify("--checkpoint", note);
        verified.Output.Should().Contain("integrity: ok").And.Contain("completeness: ok").And.Contain("pruned: 1..");
        host.Stop();
        host.Start("/bin/sh " + own);
        host.Command("audit", "search").Code.Should().Be(0, "a pruned log starts like any other");
    }

    private static bool Ocsf(JsonNode e)
    {
        var kind = e["class_uid"]!.GetValue<int>();
        string[] needed = kind switch
        {
            6003 => ["actor", "api", "src_endpoint"],
            3002 => ["user"],
            5002 => ["device"],
            2004 => ["finding_info"],
            6002 => ["app"],
            _ => ["no such class"],
        };
        return needed.Concat(["activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata"]).All(n => e[n] is not null)
            && e["type_uid"]!.GetValue<int>() == kind * 100 + e["activity_id"]!.GetValue<int>() && e["category_uid"]!.GetValue<int>() == kind / 1000;
    }

    private long Size() => _host.Command("status", "--json").Json["audit"]!["size"]!.GetValue<long>();

    // What a verb wrote: without the search that looks for it.
    private List<JsonNode?> Records(long after) =>
        [.. _host.Command("audit", "search", "--limit", "100", "--json").Json.AsArray().Where(r => r!["seq"]!.GetValue<long>() > after).SkipLast(1)];

    public sealed class Used : IDisposable
    {
        public Used()
        {
            Host = new Running();
            Host.Start();
            Host.ImportSamples();
        }

        internal Running Host { get; }

        public void Dispose() => Host.Dispose();
    }
}
