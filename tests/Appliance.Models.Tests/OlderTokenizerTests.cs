using Appliance.Models.Tokenizers;

namespace Appliance.Tests;

public sealed class OlderTokenizerTests
{
    [Theory]
    [InlineData("bert-base-uncased", "vocab.txt")]
    [InlineData("bert-cased-small", "vocab.txt")]
    [InlineData("gpt2", "vocab.json", "merges.txt")]
    [InlineData("roberta-small", "vocab.json", "merges.txt")]
    [InlineData("llama-small", "tokenizer.model")]
    [InlineData("xlmr-small", "sentencepiece.bpe.model")]
    public void The_older_files_give_the_same_tokens_as_tokenizer_json(string name, params string[] files)
    {
        var source = Repository.File("tests", "Golden", "tokenizers", name);
        using var folder = new TempFolder();
        foreach (var file in files.Append("tokenizer_config.json"))
        {
            File.Copy(Path.Combine(source, file), folder.File(file));
        }
        var (older, newer) = (Tokenizer.Open(folder.Path), Tokenizer.Open(source));
        foreach (var one in Fixtures.Json(Repository.File("tests", "Golden", "tokenizers", "strings.json")).EnumerateArray())
        {
            var text = one.GetProperty("text").GetString()!;
            var (a, b) = (older.Encode(text), newer.Encode(text));

            a.Ids.Should().Equal(b.Ids, "string {0}", one.GetProperty("i"));
            a.Tokens.Select(t => (t.Start, t.End)).Should().Equal(b.Tokens.Select(t => (t.Start, t.End)));
            older.Decode(a.Ids).Should().Be(newer.Decode(b.Ids));
        }
    }

    [Fact]
    public void A_whole_that_is_ranked_before_its_parts_is_joined_as_soon_as_they_are_there()
    {
        // "ab" is learnt last, but "aba" before it: reading from the left, the first "ab" takes the next "a" at once.
        const string Json = """
            {"model":{"type":"BPE","vocab":{"a":0,"b":1,"aba":2,"ab":3},"merges":["ab a","a b"]}}
            """;

        TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(Json), "tokenizer.json").Encode("abab").Ids.Should().Equal(2, 1);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_it_should_hold()
    {
        using var folder = new TempFolder();

        var act = () => Tokenizer.Open(folder.Path);

        act.Should().Throw<InvalidDataException>().WithMessage("*expected tokenizer.json, vocab.txt*");
    }
}
