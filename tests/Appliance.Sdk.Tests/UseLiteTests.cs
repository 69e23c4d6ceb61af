using Appliance.Models.Checkpoints;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using Appliance.Models.Tokenizers;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class UseLiteTests
{
    private static readonly UnigramTokenizer Tokenizer =
        UnigramTokenizer.Load(File.ReadAllBytes(Repository.File("samples", "use-lite-en", "vocab.json")));

    private static UseLite Model()
    {
        var model = new UseLite();
        using var file = SafeTensors.Open(Repository.File("samples", "use-lite-en", "model.safetensors"));
        StateLoader.Load(model, file);
        model.eval();
        return model;
    }

    [Fact]
    public void The_golden_vector_comes_out_to_five_digits()
    {
        // Source: the published model's own numbers, in the data's README.
        double[] golden = [-0.0514965, -0.0549252, -0.0076905, -0.0499519, 0.0488725, -0.0545391];
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = Model();

        var vector = model.Embed(new PackedBatch([Tokenizer.Encode("hello world")])).data<float>().ToArray();

        vector.Should().HaveCount(512);
        vector.Take(6).Zip(golden, (a, b) => Math.Abs(a - b)).Should().OnlyContain(d => d < 1e-5);
    }

    [Fact]
    public void A_text_has_the_same_vector_alone_and_in_a_batch()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = Model();
        int[][] texts = [.. new[] { "A short one.", "A much longer sentence, to make padding necessary, with more words.", "" }
            .Select(t => Tokenizer.Encode(t))];

        var together = model.Embed(new PackedBatch(texts)).data<float>().ToArray();

        for (var k = 0; k < texts.Length; k++)
        {
            var alone = model.Embed(new PackedBatch([texts[k]])).data<float>().ToArray();
            alone.Zip(together.Skip(512 * k), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
        }
    }

    [Theory]
    [InlineData("How do I reset my password?", "I forgot my login credentials", "The weather is nice today")]
    [InlineData("Where is my order?", "When will my package arrive?", "He plays the violin")]
    public void Alike_sentences_are_nearer_than_others(string text, string alike, string other)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = Model();
        float[] Vector(string t) => model.Embed(new PackedBatch([Tokenizer.Encode(t)])).data<float>().ToArray();
        double Cosine(string a, string b) => Vector(a).Zip(Vector(b), (x, y) => (double)x * y).Sum();

        Cosine(text, alike).Should().BeGreaterThan(Cosine(text, other) + 0.2);
    }

    [Fact]
    public void Unknown_characters_become_one_unknown_piece_and_lone_surrogates_do_no_harm()
    {
        Tokenizer.Encode("漢字漢字").Count(id => id == Tokenizer.UnknownId).Should().Be(1);
        Tokenizer.Encode("a\uD800b").Should().NotBeEmpty();
        Tokenizer.Encode("").Should().BeEmpty();
    }
}
