using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>The whole appliance: one service, one dataset, trained, gated, promoted, asked, audited, rolled back.</summary>
public sealed class MainJobTests : IClassFixture<MainJobTests.Trained>
{
    private readonly Trained _trained;

    public MainJobTests(Trained trained) => _trained = trained;

    private Running Host => _trained.Host;

    [Fact]
    public void Training_ends_in_a_model_that_passed_its_gate_and_serves()
    {
        var model = Host.Command("model", "show", "sentiment/v1", "--json").Json;

        model["passport"]!["gate"]!["result"]!.ToString().Should().Be("pass");
        model["passport"]!["evaluation"]!["score"]!.GetValue<double>().Should().BeGreaterThan(0.7);
        Host.Command("status", "--json").Json["serving"]!["sentiment"]!.ToString().Should().StartWith("sentiment/v");
        Host.Command("model", "list").Output.Should().Contain("LIVE");
        Host.Command("job", "list").Output.Should().Contain("SUCCEEDED");
        Host.Command("job", "show", _trained.JobId).Output.Should().Contain("succeeded");
        Host.Command("dataset", "list").Output.Should().Contain("letters/v1");
        Host.Command("dataset", "show", "letters").Output.Should().Contain("pii_by_type");
    }

    [Fact]
    public void A_letter_is_answered_redacted_and_both_records_stand_in_the_log()
    {
        const string Letter = "Mi chiamo Elisa Bruni, RSSMRA85T10A562S, IT60X0542811101000000123456. Il lampione è spento da settimane!";

        var reply = Host.CommandWith(Letter, "infer", "sentiment", "--explain", "--json").Json;

        reply["redacted"]!["text"]!.ToString().Should().Contain("<IT_FISCAL_CODE>").And.Contain("<IBAN_CODE>").And.NotContain("Elisa");
        reply["predictions"]!.AsArray().Sum(p => p!["score"]!.GetValue<double>()).Should().BeApproximately(1, 1e-4);
        var records = Host.Command("audit", "search", "--action", "model.infer", "--json").Json.AsArray();
        records.Count(r => r!["phase"]!.ToString() == "intent").Should().BePositive();
        records.Last()!["phase"]!.ToString().Should().Be("outcome");
        records.Last()!["counts"]!["pii.iban_code"]!.GetValue<int>().Should().Be(1);
    }

    [Fact]
    public void The_log_verifies_with_a_checkpoint_from_outside_and_every_kind_of_change_is_named()
    {
        var note = Host.File_("kept.note", Host.Command("audit", "checkpoint").Output);
        Host.Command("audit", "key").Output.Should().StartWith("appliance/");

        var good = Host.Verify("--checkpoint", note);

        good.Output.Should().Contain("integrity: ok").And.Contain("completeness: ok");
        good.Code.Should().Be(0);
        Host.Verify().Output.Should().Contain("completeness: unwitnessed since 1", "without a checkpoint nothing proves that no tail was cut");
        var cut = Copy();
        Sqlite(cut, "DROP TRIGGER rec_no_delete; DELETE FROM rec WHERE seq > 4; DELETE FROM checkpoint WHERE size > 4");
        VerifyFile(cut, note).Should().Contain("truncated after 4");
        var edited = Copy();
        Sqlite(edited, "DROP TRIGGER rec_no_update; UPDATE rec SET body = CAST(replace(CAST(body AS TEXT), 'host', 'hose') AS BLOB) WHERE seq = 3");
        VerifyFile(edited, note).Should().Contain("integrity: broken at 3");
        var swapped = Copy();
        Sqlite(swapped, "DROP TRIGGER rec_no_update; UPDATE rec SET seq = -1 WHERE seq = 2; UPDATE rec SET seq = 2 WHERE seq = 3; UPDATE rec SET seq = 3 WHERE seq = -1");
        VerifyFile(swapped, note).Should().Contain("integrity: broken at 2");
        var missing = Copy();
        Sqlite(missing, "DROP TRIGGER rec_no_delete; DELETE FROM rec WHERE seq = 2");
        VerifyFile(missing, note).Should().Contain("integrity: broken at 2");
    }

    [Fact]
    public void A_second_model_goes_live_or_not_by_its_gate_and_a_rollback_brings_the_first_back()
    {
        Host.Command("train", Host.Recipe("head", 30, "seed: 9\nquantize: int8\n"), "--dataset", "letters").Code.Should().Be(0);
        var quantized = Host.Command("model", "show", "sentiment", "--json").Json["passport"]!["quantization"]!;
        quantized["kind"]!.ToString().Should().Be("int8");
        quantized["score_after"]!.GetValue<double>().Should().BeApproximately(quantized["score_before"]!.GetValue<double>(), 0.05);
        var gated = Host.Command("model", "gate", "sentiment", "--json");
        var verdict = gated.Json["passport"]!["gate"]!["result"]!.ToString();
        gated.Code.Should().Be(verdict == "pass" ? 0 : 4);

        var promoted = Host.Command("model", "promote", "sentiment");

        promoted.Code.Should().Be(verdict == "pass" ? 0 : 4, "only a passed gate opens the way");
        if (verdict == "pass")
        {
            Host.Command("model", "rollback", "sentiment").Code.Should().Be(0);
        }
        Host.Command("status", "--json").Json["serving"]!["sentiment"]!.ToString().Should().Be("sentiment/v1");
    }

    [Fact]
    public void No_personal_text_reaches_any_file_or_log()
    {
        const string Canary = "Zaccheria Quondamangelis";
        Host.CommandWith($"Mi chiamo {Canary}, zac.quondam@example.it", "infer", "sentiment").Code.Should().Be(0);
        Host.CommandWith(Canary, "infer", "Zaccheria Quondamangelis").Code.Should().NotBe(0);
        Host.CommandWith(Canary, "infer", "sentiment", "--purpose", "Zaccheria Quondamangelis").Code.Should().Be(3);
        Host.Command("audit", "search", "--object", "Zaccheria").Code.Should().Be(0);
        Host.File_("canary.csv", $"text,label\nMi chiamo {Canary},0\nuno due,1\n");
        Host.Command("dataset", "import", "canary", Path.Combine(Host.Root, "canary.csv")).Code.Should().Be(0);
        File.Delete(Path.Combine(Host.Root, "canary.csv"));

        Host.AllBytes().Should().NotContain("Quondamangelis").And.NotContain("zac.quondam");
    }

    [Fact]
    public void The_policies_reload_whole_or_not_at_all()
    {
        var file = Path.Combine(Host.Root, "etc", "policies", "policy.yaml");
        var good = File.ReadAllText(file);
        File.WriteAllText(file, good.Replace("zone_to: site", "zone_to: moon"));
        var bad = Host.Command("policy", "reload");
        bad.Code.Should().Be(2);
        bad.Errors.Should().Contain("moon").And.Contain("old policies stay");
        Host.CommandWith("va bene", "infer", "sentiment").Code.Should().Be(0);

        File.WriteAllText(file, good.Replace("version: 1", "version: 2"));
        Host.Command("policy", "reload").Code.Should().Be(0);
        Host.Command("policy", "show").Output.Should().Contain("Version 2");
        File.WriteAllText(file, good);
        Host.Command("policy", "reload").Code.Should().Be(0);
    }

    [Fact]
    public void A_schedule_queues_a_training_by_itself()
    {
        var folder = Path.Combine(Host.Root, "etc", "schedules");
        Directory.CreateDirectory(folder);
        File.Copy(Host.Recipe("head", 2), Path.Combine(folder, "nightly.yaml"), overwrite: true);
        File.WriteAllText(Path.Combine(folder, "nightly.schedule.yaml"),
            "id: nightly\nrecipe: nightly.yaml\ndataset: letters\npurpose: citizen-service\ndays: [Sun]\ntime: \"03:30\"\nzone: Europe/Rome\n");
        Host.Command("schedule", "list").Output.Should().Contain("nightly").And.Contain("Europe/Rome");
        Host.Command("schedule", "tick").Output.Should().Contain("Nothing is due", "a new schedule waits for its next time");

        var run = Host.Command("schedule", "run", "nightly", "--json").Json[0]!;

        run["result"]!.ToString().Should().Be("queued");
        Host.Command("job", "watch", run["job"]!.ToString()).Code.Should().Be(0);
        Host.Command("schedule", "run", "nosuch").Code.Should().Be(5);
    }

    [Fact]
    public void A_worker_that_is_killed_is_a_clear_error_at_most_and_the_next_request_is_answered()
    {
        Host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0);
        Running.Run("/usr/bin/kill", ["-9", .. Host.Workers().Select(w => $"{w}")]).Code.Should().Be(0, "the fault must fire");

        var next = Host.CommandWith("ciao", "infer", "sentiment");

        (next.Code == 0 || next.Errors.Contains("worker process died")).Should().BeTrue(next.Errors);
        Host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0);
    }

    private string Copy()
    {
        var to = Path.Combine(Host.Root, $"copy-{Guid.NewGuid():N}.db");
        File.Copy(Host.Audit, to);
        return to;
    }

    private string VerifyFile(string log, string note) => Running.Run(
        "appliance-verify", [log, "--public-key", Path.Combine(Host.Root, "var", "audit", "audit.pub"), "--checkpoint", note]).Output;

    private static void Sqlite(string file, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            Host = new Running();
            Host.Start();
            Host.ImportSamples();
            var job = Host.Command("train", Host.Recipe("full", 8, "learning_rate: 0.0003\n"), "--dataset", "letters", "--promote", "--json");
            job.Code.Should().Be(0, job.Errors);
            JobId = job.Json["id"]!.ToString();
        }

        internal Running Host { get; }

        internal string JobId { get; }

        public void Dispose() => Host.Dispose();
    }
}
