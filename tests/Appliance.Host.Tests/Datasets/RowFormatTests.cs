using System.IO.Compression;
using System.Text;
using Appliance.Domain.Datasets;
using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Tests.Datasets;

public sealed class RowFormatTests
{
    private static (IReadOnlyList<RawRow> Rows, IReadOnlyList<BadRow> Bad) Parse(RowLayout layout, params (string Name, byte[] Content)[] files) =>
        RowParser.Parse([.. files.Select(f => (f.Name, (ReadOnlyMemory<byte>)f.Content))], layout);

    private static RowLayout Layout(string format, AnswerKind answer = AnswerKind.Class, params (string, string)[] columns) =>
        RowLayout.Of(format, columns.Length > 0 ? columns : [("text", "text")], "label", new Dictionary<string, string>(), answer, null);

    [Fact]
    public void Words_with_tags_become_a_text_with_the_places_of_its_entities_and_a_bad_word_takes_its_sentence_only()
    {
        const string File = "Elon\tB-person\nMusk\tI-person\nis\tO\nin\tO\nBerlin\tB-location,O\n\nno-tag\nhere\tO\n\nParis\tI-location\nX\tB-person\nY\tB-person\n";

        var (rows, bad) = Parse(Layout("conll"), ("a.conll", Encoding.UTF8.GetBytes(File)));

        rows.Select(r => r.Fields["text"].ToString()).Should().AllBe("[sensitive]");
        rows[0].Spans.Should().Equal(new TextSpan(0, 9, "person"), new TextSpan(16, 22, "location"));
        rows[1].Spans.Should().Equal(new TextSpan(0, 5, "location"), new TextSpan(6, 7, "person"), new TextSpan(8, 9, "person"));
        bad.Should().ContainSingle().Which.Should().Be(new BadRow("a.conll", 7, "a word without a tag"));
    }

    [Fact]
    public void The_public_entity_set_is_read_whole_and_its_counts_are_the_published_ones()
    {
        var files = Directory.GetFiles(Repository.File("samples", "ner-wnut17")).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f))).ToArray();

        var (rows, bad) = Parse(Layout("conll"), files);

        bad.Should().BeEmpty();
        rows.GroupBy(r => Splitter.Named(r.File)!.Value).ToDictionary(g => g.Key, g => g.Count()).Should().BeEquivalentTo(
            new Dictionary<Split, int> { [Split.Train] = 3394, [Split.Validation] = 1009, [Split.Test] = 1287 });
        rows.Where(r => Splitter.Named(r.File) == Split.Test).Sum(r => r.Spans.Count).Should().Be(1079);
    }

    [Fact]
    public void Questions_come_with_every_answer_and_one_that_stands_elsewhere_is_reported()
    {
        const string File = """
            {"data":[{"paragraphs":[{"context":"Rome is old. Paris is new.","qas":[
              {"id":"1","question":"What is old?","answers":[{"text":"Rome","answer_start":0},{"text":"Rome","answer_start":0}]},
              {"id":"2","question":"What is green?","answers":[]},
              {"id":"3","question":"What is new?","answers":[{"text":"Paris","answer_start":3}]}]}]}]}
            """;

        var (rows, bad) = Parse(Layout("squad"), ("q.json", Encoding.UTF8.GetBytes(File)));

        rows.Select(r => r.Spans.Count).Should().Equal(1, 0);
        rows[0].Fields.Keys.Should().Equal("question", "context");
        bad.Should().ContainSingle().Which.Reason.Should().Be("an answer does not stand where the file says");
        Parse(Layout("squad"), ("q.json", "[1]"u8.ToArray())).Bad.Should().ContainSingle().Which.Reason.Should().Contain("SQuAD");
    }

    [Fact]
    public void Idx_images_become_pictures_that_any_reader_opens_and_a_cut_file_is_refused()
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];

        var (rows, bad) = Parse(Layout("idx"), ("i", images), ("l", labels));

        bad.Should().BeEmpty();
        rows.Select(r => r.Label).Should().Equal("7", "9");
        var file = Convert.FromBase64String(PictureMetadata.Strip(rows[0].Fields["image"])!);
        file[1078..1081].Should().Equal(1, 2, 3);
        Parse(Layout("idx"), ("i", images[..^1]), ("l", labels)).Bad.Should().ContainSingle().Which.Reason.Should().Contain("cut");
        Parse(Layout("idx"), ("i", images)).Bad.Should().ContainSingle().Which.Reason.Should().Contain("two idx files");
    }

    [Fact]
    public void Pairs_of_files_go_line_by_line_and_one_without_its_partner_is_named()
    {
        var layout = RowLayout.Of("parallel", [("source", ".java")], ".cs", new Dictionary<string, string>(), AnswerKind.Class, null);

        var (rows, bad) = Parse(layout, ("a.java", "int a;\n\nint c;\n"u8.ToArray()), ("a.cs", "int a2;\nx\nint c2;\n"u8.ToArray()), ("b.java", "int b;\n"u8.ToArray()));

        rows.Select(r => r.Line).Should().Equal(1, 3);
        bad.Select(b => b.Reason).Should().Equal("one of the two lines is empty", "the file has no partner: names must be the same but for .java and .cs");
    }

    [Theory]
    [InlineData("[[0,3,\"a\"]]", null)]
    [InlineData("[[0,99,\"a\"]]", "outside")]
    [InlineData("[[2,2]]", "empty")]
    [InlineData("[[-1,2]]", "outside")]
    [InlineData("person", "not a list")]
    [InlineData("[[1e9,2]]", "not a list")]
    public void Spans_in_json_lines_lie_inside_their_text_or_the_row_is_bad(string label, string? reason)
    {
        var line = System.Text.Json.JsonSerializer.Serialize(new { text = "some text", label });

        var (rows, bad) = Parse(Layout("jsonl", AnswerKind.Spans), ("a.jsonl", Encoding.UTF8.GetBytes(line)));

        (rows.Count, bad.Count).Should().Be(reason is null ? (1, 0) : (0, 1));
        bad.All(b => b.Reason.Contains(reason!)).Should().BeTrue();
    }

    [Fact]
    public void Packed_files_are_unpacked_and_a_damaged_one_is_reported()
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            zip.Write("text,label\na,1\n"u8);
        }

        Parse(Layout("csv"), ("a.csv.gz", packed.ToArray())).Rows.Should().ContainSingle();
        Parse(Layout("csv"), ("a.csv.gz", [1, 2, 3])).Bad.Should().ContainSingle().Which.Reason.Should().Be("the file is empty");
    }
}
