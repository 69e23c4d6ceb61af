using System.Text;
using Appliance.Domain;
using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;
using Appliance.Storage;
using Appliance.Storage.Crypto;

namespace Appliance.Tests.Datasets;

public sealed class ImportTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StateStore _store;
    private readonly DatasetStore _datasets;
    private readonly FakeAudit _audit = new();

    public ImportTests()
    {
        _store = new StateStore(_folder.Path, Keys.Open(_folder.File("keys/master.key"), mayCreate: true));
        _datasets = new DatasetStore(_store);
    }

    private Importer Importer(Detector? detector = null) => new(
        new Fixed(PolicyReader.Read(PolicyReader.FileNames.ToDictionary(n => n, n => File.ReadAllText(Repository.File("policies", n)))).Policies!),
        _audit, new Redactor(detector ?? new Detector(TimeProvider.System, TimeSpan.FromSeconds(5))), _datasets,
        TimeProvider.System);

    private static ImportRequest Request(string csv, string purpose = "citizen-service") => Request(Encoding.UTF8.GetBytes(csv), purpose);

    private static ImportRequest Request(byte[] csv, string purpose = "citizen-service") => new(
        "letters", [("letters.csv", csv)], RowLayout.Texts("csv", "text", "label", new Dictionary<string, string> { ["0"] = "bad", ["1"] = "good" }),
        purpose, "site", ["pii.direct"], 1);

    private Task<Outcome<ImportResult>> Import(ImportRequest request) =>
        Importer().ImportAsync(request, new Caller("uid:1", "operator"), CancellationToken.None);

    [Fact]
    public async Task Every_bad_row_is_reported_with_file_line_and_reason_and_the_rest_is_imported()
    {
        var csv = new List<byte>();
        void Line(string text) => csv.AddRange(Encoding.UTF8.GetBytes(text + "\n"));
        Line("text,label");
        Line("good one,1");
        Line("\"never closed,0");
        Line("bad one,0");
        Line("no label,");
        Line("odd label,7");
        csv.AddRange([0xE8, (byte)',', (byte)'1', (byte)'\n']);
        Line("nul \0 here,1");
        Line(new string('x', 10 << 20) + ",1");
        Line("too,many,fields");
        Line("a \"quote\" inside,1");
        Line("\"two\nlines\",1");

        var result = (await Import(Request([.. csv]))).Value!;

        result.Dataset.Rows.Should().Be(3);
        result.BadRows.Select(b => b.Line).Should().Equal(3, 5, 6, 7, 8, 9, 10, 11);
        string.Join("|", result.BadRows.Select(b => b.Reason)).Should()
            .Contain("never closed").And.Contain("label is missing").And.Contain("not one of 0, 1").And.Contain("not UTF-8")
            .And.Contain("NUL").And.Contain("bytes").And.Contain("3 fields").And.Contain("quote stands inside");
    }

    [Fact]
    public async Task What_is_stored_holds_no_personal_data_and_the_file_on_disk_no_text_at_all()
    {
        var result = (await Import(Request(
            "text,label\nMi chiamo Elisa Bruni elisa@example.it RSSMRA85T10A562S lampione,1\nPessimo servizio,0\n"))).Value!;

        var rows = _datasets.ReadRows(result.Dataset);
        rows.Should().Contain(r => r.Fields["text"].Contains("<PERSON_1>") && r.Fields["text"].Contains("<IT_FISCAL_CODE>"));
        var bytes = string.Concat(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f))));
        bytes.Should().NotContain("Elisa").And.NotContain("RSSMRA").And.NotContain("elisa@").And.NotContain("lampione");
        string.Concat(_audit.Entries.Select(e => e.ToString())).Should().NotContain("Elisa");
    }

    [Fact]
    public async Task Labels_that_point_into_a_text_move_along_with_redaction_and_texts_that_are_labels_are_redacted_too()
    {
        const string Line = """{"text":"Mi chiamo Elisa Bruni e abito a Roma","label":"[[10,15,\"person\"],[16,21,\"person\"],[32,36,\"location\"]]","says":"mi chiamo Elisa Bruni"}""";
        RowLayout Layout(AnswerKind kind, string label) => RowLayout.Of("jsonl", [("text", "text")], label, new Dictionary<string, string>(), kind, null);
        var request = Request(Line) with { Files = [("a.jsonl", Encoding.UTF8.GetBytes(Line))] };

        var spans = (await Import(request with { Name = "spans", Layout = Layout(AnswerKind.Spans, "label") })).Value!.Dataset;
        var texts = (await Import(request with { Name = "texts", Layout = Layout(AnswerKind.Text, "says") })).Value!.Dataset;

        var row = _datasets.ReadRows(spans).Single();
        row.Fields["text"].Should().Be("Mi chiamo <PERSON_1> e abito a Roma");
        TextSpans.Read(row.Label, 100).Should().Equal(new TextSpan(10, 20, "person"), new TextSpan(31, 35, "location"));
        spans.Labels.Should().Equal("location", "person");
        _datasets.ReadRows(texts).Single().Label.Should().Be("mi chiamo <PERSON_1>");
    }

    [Fact]
    public async Task Pictures_of_people_are_refused_where_the_rule_asks_for_redaction_and_the_refusal_is_recorded()
    {
        var layout = RowLayout.Of("jsonl", [("image", "image")], "label", new Dictionary<string, string>(), AnswerKind.Class, "image");

        var refused = await Import(Request("{}") with { Layout = layout });

        refused.Refusal!.Code.Should().Be("pictures");
        _audit.Entries.Should().ContainSingle().Which.Code.ToString().Should().Be("pictures");
    }

    [Fact]
    public async Task Files_that_are_parts_already_keep_them_and_unnamed_ones_are_refused()
    {
        ImportRequest Parts(params string[] names) => Request("") with
        {
            Files = [.. names.Select((n, k) => (n, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"text,label\nuno {k},1\ndue {k},0\n")))],
            KeepParts = true,
        };

        var kept = (await Import(Parts("a-train.csv", "a-dev.csv", "a-test.csv"))).Value!.Dataset;

        _datasets.ReadRows(kept).Where(r => r.Split == Split.Test).Select(r => r.Fields["text"]).Should().Equal("uno 2", "due 2");
        (await Import(Parts("a-train.csv", "a-dev.csv", "other.csv"))).Refusal!.Code.Should().Be("no_parts");
    }

    [Fact]
    public async Task A_purpose_that_the_policy_does_not_know_is_refused_and_recorded_without_its_name()
    {
        var refused = await Import(Request("text,label\na,1\nb,0\n", "marketing mario rossi"));

        refused.Refusal!.Kind.Should().Be(RefusalKind.Policy);
        _audit.Entries.Should().ContainSingle().Which.Purpose.ToString().Should().Be("undeclared");
        _datasets.List().Should().BeEmpty();
    }

    [Theory]
    [InlineData("text,label\n", "empty_dataset")]
    [InlineData("", "empty_dataset")]
    [InlineData("testo,etichetta\na,1\n", "empty_dataset")]
    [InlineData("text,label\na,1\nb,1\n", "one_class")]
    public async Task An_unusable_dataset_is_refused_in_words(string csv, string code) =>
        (await Import(Request(csv))).Refusal!.Code.Should().Be(code);

    [Fact]
    public async Task Nothing_is_stored_when_the_audit_log_is_down_or_a_recognizer_breaks()
    {
        _audit.Down = true;
        await ((Func<Task>)(() => Import(Request("text,label\na,1\nb,0\n")))).Should().ThrowAsync<AuditUnavailableException>();
        _audit.Down = false;

        var refused = await Importer(new Detector([new Breaks()], TimeProvider.System, TimeSpan.FromSeconds(5))).ImportAsync(
            Request("text,label\na,1\nb,0\n"), new Caller("uid:1", "operator"), CancellationToken.None);

        refused.Refusal!.Code.Should().Be("pii_unavailable");
        _datasets.List().Should().BeEmpty();
    }

    [Fact]
    public void Near_duplicates_never_straddle_a_split_and_labels_keep_their_shares()
    {
        var texts = File.ReadLines(Repository.File("samples", "letters-it", "it_comune_second_dataset.csv")).Skip(1).ToArray();
        var labels = texts.Select(t => t[^1..]).ToArray();
        var groups = NearDuplicates.Group(texts);

        int[] numbers = [.. Enumerable.Range(0, texts.Length)];
        var splits = Splitter.Assign(labels, groups, numbers, 2026);

        for (var a = 0; a < texts.Length; a++)
        {
            for (var b = 0; b < a; b++)
            {
                if (groups[a] == groups[b])
                {
                    splits[a].Should().Be(splits[b]);
                }
            }
        }
        foreach (var label in labels.Distinct())
        {
            var share = splits.Where((_, k) => labels[k] == label).Average(s => s == Split.Train ? 1.0 : 0);
            share.Should().BeInRange(0.6, 0.8);
        }
        splits.Should().Equal(Splitter.Assign(labels, groups, numbers, 2026), "the same seed gives the same split");
    }

    [Fact]
    public void A_row_that_joins_a_group_moves_few_others()
    {
        string[] labels = [.. Enumerable.Range(0, 300).Select(k => $"{k % 3}")];
        int[] numbers = [.. Enumerable.Range(0, 300)], joined = [.. numbers.Select(k => k == 120 ? 0 : k)];

        var (apart, together) = (Splitter.Assign(labels, numbers, numbers, 2026), Splitter.Assign(labels, joined, numbers, 2026));

        apart.Count(s => s == Split.Test).Should().BeInRange(42, 48);
        apart.Zip(together).Count(s => s.First != s.Second).Should().BeLessThanOrEqualTo(6);
    }

    [Theory]
    [InlineData(2, 1, 1, 0)]
    [InlineData(3, 2, 0, 1)]
    [InlineData(4, 2, 1, 1)]
    [InlineData(20, 14, 3, 3)]
    public void Few_rows_are_in_every_part_as_soon_as_there_are_enough(int rows, int train, int validation, int test)
    {
        int[] numbers = [.. Enumerable.Range(0, rows)];

        var splits = Splitter.Assign([.. numbers.Select(_ => "a")], numbers, numbers, 1);

        (splits.Count(s => s == Split.Train), splits.Count(s => s == Split.Validation), splits.Count(s => s == Split.Test)).Should().Be((train, validation, test));
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private sealed record Fixed(PolicySet Current) : IPolicies;

    private sealed class Breaks : IRecognizer
    {
        public string Name => "breaks";

        public void Find(Domain.Privacy.Scanning.Scan scan) => throw new InvalidOperationException();
    }
}
