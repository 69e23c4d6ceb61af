using Appliance.Models;
using Appliance.Models.Answering;
using Appliance.Models.Families;
using Appliance.Models.Generation;
using Appliance.Models.Importing;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class ImportTests
{
    // Source: the data's README, greedy decoding by the reference.
    private const string Story = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball.";

    private static string Stories(TempFolder folder)
    {
        Llama2C.Import(Repository.File("samples", "stories260k", "stories260K.bin"), Repository.File("samples", "stories260k", "tok512.bin"), folder.File("stories"));
        return folder.File("stories");
    }

    private static string Tell(string folder)
    {
        using var model = TextModel.Open(folder);
        var ids = new Generator(model.Model).Generate([[1]], new GenerationOptions { MaxNewTokens = 60 }, CancellationToken.None)[0];
        return model.Tokenizer.Decode(ids);
    }

    [Fact]
    public void The_small_story_teller_tells_its_story()
    {
        using var folder = new TempFolder();

        Tell(Stories(folder)).Should().StartWith(Story);
    }

    [Fact]
    public void It_stops_at_a_stop_string_that_comes_in_pieces_and_shows_none_of_it()
    {
        using var folder = new TempFolder();
        using var model = TextModel.Open(Stories(folder));
        var writer = new TextGenerator(new Generator(model.Model), model.Tokenizer);
        var options = new GenerationOptions { MaxNewTokens = 60, StopStrings = ["the park"], LogProbabilities = true };

        var pieces = writer.Stream("Once upon a time", options, CancellationToken.None).ToArray();

        string.Concat(pieces.Select(p => p.Text)).Should().EndWith("She loved to play outside in ").And.NotContain("the p");
        pieces.Should().OnlyContain(p => p.LogProbability <= 0);
    }

    [Theory]
    [InlineData(GgufType.F32)]
    [InlineData(GgufType.F16)]
    [InlineData(GgufType.Q8_0)]
    public void A_llama_goes_to_gguf_and_back_and_still_tells_it(GgufType type)
    {
        using var folder = new TempFolder();
        var source = Stories(folder);

        GgufModels.Export(source, folder.File("stories.gguf"), type);
        GgufModels.Import(folder.File("stories.gguf"), folder.File("back"));

        Tell(folder.File("back")).Should().StartWith(type == GgufType.Q8_0 ? Story[..40] : Story);
        Difference(source, folder.File("back")).Should().BeLessThan(type switch { GgufType.F32 => 1e-9, GgufType.F16 => 2e-3, _ => 2e-2 });
    }

    [Fact]
    public void A_bert_goes_to_gguf_and_back()
    {
        using var folder = new TempFolder();
        var source = Repository.File("tests", "Golden", "e2e", "minilm-sentence");

        GgufModels.Export(source, folder.File("m.gguf"), GgufType.F32);
        GgufModels.Import(folder.File("m.gguf"), folder.File("back"));

        using var scope = NewDisposeScope();
        using var a = ModelLoader.Open(source, Models.Heads.HeadKind.BaseWithoutPooler).Model;
        using var b = ModelLoader.Open(folder.File("back"), Models.Heads.HeadKind.BaseWithoutPooler).Model;
        var input = new ModelInput { InputIds = tensor([2L, 24, 32, 14, 3], [1, 5]) };
        Close.Check("hidden states", b.Forward(input).Last!, a.Forward(input).Last!, 1e-6, 1e-6);
        File.ReadAllText(folder.File("back/tokenizer.json")).Should().Be(File.ReadAllText(Path.Combine(source, "tokenizer.json")));
    }

    [Fact]
    public void A_truncated_gguf_file_is_refused_with_the_tensor_that_is_cut()
    {
        using var folder = new TempFolder();
        GgufModels.Export(Stories(folder), folder.File("s.gguf"), GgufType.F16);
        var bytes = File.ReadAllBytes(folder.File("s.gguf"));
        File.WriteAllBytes(folder.File("cut.gguf"), bytes[..^1000]);

        var act = () => GgufModels.Import(folder.File("cut.gguf"), folder.File("x"));

        act.Should().Throw<ImportException>().WithMessage("*truncated*");
        Directory.Exists(folder.File("x")).Should().BeFalse("nothing half-made is left");
    }

    private static double Difference(string a, string b)
    {
        using var scope = NewDisposeScope();
        using var first = ModelLoader.Open(a).Model;
        using var second = ModelLoader.Open(b).Model;
        var others = second.state_dict();
        return first.state_dict().Max(t => (t.Value - others[t.Key]).abs().max().item<float>());
    }
}
