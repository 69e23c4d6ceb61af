using Appliance.Plugins.Sentiment;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using TorchSharp;

namespace Appliance.Tests;

public sealed class SentimentTests
{
    private static readonly ModelFiles Base = new(Directory.GetFiles(Repository.File("samples", "use-lite-en"))
        .ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)));

    [Fact]
    public void The_manifest_names_the_type_that_the_assembly_has()
    {
        var (manifest, errors) = PluginManifest.Read(File.ReadAllText(Repository.File("plugins", "Sentiment", "plugin.yaml")));

        errors.Should().BeEmpty();
        typeof(SentimentPlugin).FullName.Should().Be(manifest!.Type);
        typeof(SentimentPlugin).Assembly.GetName().Name.Should().Be(Path.GetFileNameWithoutExtension(manifest.Assembly));
    }

    [Fact]
    public void A_saved_model_answers_with_every_label_best_first()
    {
        using var plugin = new SentimentPlugin();
        var recipe = RecipeReader.Read("base_model: b\ntask: sentiment\n").Recipe!;
        using var trainable = plugin.Build(recipe, Base, ["complaint", "praise", "question"], torch.CPU);

        using var task = plugin.Open("sentiment", new ModelFiles(trainable.Save()), "cpu");
        var output = task.Answer(new TaskInput(new Dictionary<string, string> { ["text"] = "Il lampione è spento." }));

        output.Predictions.Should().HaveCount(3).And.BeInDescendingOrder(p => p.Score);
        output.Predictions.Sum(p => p.Score).Should().BeApproximately(1, 1e-5);
    }

    [Fact]
    public void A_base_model_cannot_answer_and_a_request_without_text_is_refused()
    {
        using var plugin = new SentimentPlugin();

        ((Action)(() => plugin.Open("sentiment", Base, "cpu"))).Should().Throw<InvalidDataException>().WithMessage("*train it before*");
        ((Action)(() => _ = new TaskInput(new Dictionary<string, string>())["text"])).Should().Throw<ArgumentException>().WithMessage("*'text'*");
    }
}
