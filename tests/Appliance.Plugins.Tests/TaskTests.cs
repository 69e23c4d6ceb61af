using Appliance.Models.Importing;
using Appliance.Plugins.Code;
using Appliance.Plugins.Entities;
using Appliance.Plugins.Questions;
using Appliance.Plugins.Sentiment;
using Appliance.Plugins.Vision;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Sdk.Testing;
using Appliance.Training;
using TorchSharp;

namespace Appliance.Tests;

/// <summary>Every task that comes with the appliance learns a toy set, opens again, answers alike in batches, and survives odd requests.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sentiment_conforms() => Probe<SentimentPlugin>("Sentiment", "sentiment", "use-lite-en");

    [Fact]
    public void Entities_conform() => Probe<EntitiesPlugin>("Entities", "entities", "use-lite-en");

    [Fact]
    public void Questions_conform() => Probe<QuestionsPlugin>("Questions", "questions", "use-lite-en");

    [Fact]
    public void Vision_conforms() => Probe<VisionPlugin>("Vision", "vision", "resnet20-cifar10");

    [Fact]
    public void Code_lines_conform() => Probe<CodePlugin>("Code", "code-lines", "use-lite-en");

    [Fact]
    public void Code_that_is_mended_conforms() => Probe<CodePlugin>("Code", "code-repair", "code260k");

    [Fact]
    public void Code_that_is_written_conforms()
    {
        Llama2C.Import(Repository.File("samples", "stories260k", "stories260K.bin"), Repository.File("samples", "stories260k", "tok512.bin"), _folder.File("stories"));

        PluginProbe.For<CodePlugin>(Manifest("Code")).Problems("code-translation", Recipe("code-translation"), _folder.File("stories")).Should().BeEmpty();
    }

    [Fact]
    public void A_manifest_that_names_another_type_is_told() =>
        ((Action)(() => PluginProbe.For<VisionPlugin>(Manifest("Code")))).Should().Throw<InvalidDataException>().WithMessage("*names*CodePlugin*the plugin is*VisionPlugin*");

    [Fact]
    public void Plugins_with_faults_are_told_each_of_them()
    {
        var problems = PluginProbe.For<Faulty>(Written("Faulty")).Problems("sentiment", Recipe("sentiment"), Repository.File("samples", "use-lite-en"));

        string.Concat(problems).Should().Contain("The saved model gives other answers").And.Contain("one by one").And.Contain("without its field").And.Contain("quotes its input");
    }

    [Fact]
    public void Entities_of_a_text_longer_than_the_model_are_found_in_all_its_parts()
    {
        using var plugin = new EntitiesPlugin();
        var files = new ModelFiles(Directory.GetFiles(Repository.File("samples", "use-lite-en")).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)));
        using var task = plugin.Build(RecipeReader.Read("base_model: b\ntask: entities\nmax_length: 16\n").Recipe!, files, ["person"], torch.CPU);
        var words = string.Join(' ', Enumerable.Repeat("Anna was there,", 40));

        var items = task.Encode(new LabelledInput(new TaskInput(new Dictionary<string, string> { ["text"] = words }), "[[0,4,\"person\"],[592,596,\"person\"]]"), learning: false).ToArray();

        items.Length.Should().BeGreaterThan(10);
        items.Should().OnlyContain(i => i.Ids.Length <= 16);
        items.Sum(i => i.Labels!.Count(l => l == 1)).Should().Be(2, "both entities are labelled, the one in the last part too");
    }

    [Fact]
    public void What_the_model_looked_at_comes_as_a_png_when_asked_for()
    {
        using var plugin = new VisionPlugin();
        var files = new ModelFiles(Directory.GetFiles(Repository.File("samples", "resnet20-cifar10")).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)));
        using var task = plugin.Build(RecipeReader.Read("base_model: b\ntask: vision\n").Recipe!, files, ["a", "b"], torch.CPU);
        var photo = Convert.ToBase64String(File.ReadAllBytes(Repository.File("samples", "photos", "cat.bmp")));
        TaskInput Input(params (string, string)[] more) => new(new Dictionary<string, string>(more.Select(m => KeyValuePair.Create(m.Item1, m.Item2))) { ["image"] = photo });

        task.Answer(Input()).Picture.Should().BeNull();
        var drawn = Appliance.Models.Images.PictureReader.Read(task.Answer(Input(("heat_map", "png"))).Picture!.Value.Span);

        drawn.Width.Should().BeGreaterThanOrEqualTo(224);
        drawn.Pixels.Distinct().Count().Should().BeGreaterThan(100);
        ((Action)(() => task.Answer(new TaskInput(new Dictionary<string, string> { ["image"] = "aGVsbG8=" })))).Should().Throw<ArgumentException>().WithMessage("*JPEG, PNG and BMP*");
    }

    private void Probe<T>(string plugin, string task, string baseModel)
        where T : ITrainablePlugin, new() =>
        PluginProbe.For<T>(Manifest(plugin)).Problems(task, Recipe(task), Repository.File("samples", baseModel)).Should().BeEmpty();

    private static string Manifest(string plugin) => Repository.File("plugins", plugin, "plugin.yaml");

    private string Written(string type)
    {
        File.WriteAllText(_folder.File("plugin.yaml"), $"id: x\nversion: 1\nsdk: 0\nassembly: Appliance.Plugins.Tests.dll\ntype: {typeof(TaskTests).FullName}+{type}\ntasks:\n  - {{name: sentiment, input: [text], trainable: true}}\n");
        return _folder.File("plugin.yaml");
    }

    private static string Recipe(string task) => $"base_model: b\ntask: {task}\nmethod: full\nlearning_rate: 0.001\nnum_train_epochs: 2\nper_device_train_batch_size: 8\n";

    /// <summary>A plugin with the mistakes that strangers make.</summary>
    public sealed class Faulty : ITrainablePlugin
    {
        private readonly SentimentPlugin _sound = new();

        public ITask Open(string task, ModelFiles model, string device) => new Careless();

        public ITaughtTask Build(Recipe recipe, ModelFiles baseModel, IReadOnlyList<string> labels, torch.Device device) => _sound.Build(recipe, baseModel, labels, device);

        public void Dispose() => _sound.Dispose();

        private sealed class Careless : ITask
        {
            private int _asked;

            public TaskOutput Answer(TaskInput input) => input.Fields.GetValueOrDefault("text", "")!.Contains('/')
                ? throw new ArgumentException($"What is {input["text"]}?")
                : new TaskOutput([new Prediction("good", 1.0 / ++_asked)]);

            public void Dispose()
            {
            }
        }
    }
}
