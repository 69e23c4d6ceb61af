using Appliance.Models.Checkpoints;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Evaluation;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class TrainerTests
{
    private static readonly ModelFiles Base = new(Directory.GetFiles(Repository.File("samples", "use-lite-en"))
        .ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)));

    private static readonly Example[] Sentences = [.. File.ReadLines(
        Repository.File("samples", "sentiment-uci", "uci_yelp_labelled.txt")).Skip(1)
        .Select(l => l.Trim().Split('\t')).Where(p => p.Length == 2).Select(p => new Example(p[0].Trim(), p[1])).Take(240)];

    private static Recipe Recipe(string method, int epochs = 2, string more = "") =>
        RecipeReader.Read($"base_model: b\ntask: t\nmethod: {method}\nnum_train_epochs: {epochs}\nseed: 3\n{more}").Recipe!;

    private static Item[] Items(TextClassifier task, IEnumerable<Example> examples) => [.. examples.Select(task.Encode)];

    private static (TextClassifier Task, Observer Seen, TrainingResult Result) Train(Recipe recipe, ReadOnlyMemory<byte>? from = null)
    {
        random.manual_seed(recipe.Seed);
        set_num_threads(2);
        var task = TextClassifier.Build(recipe, Base, ["0", "1"], CPU);
        var seen = new Observer();
        using var trainer = new Trainer(recipe, task, seen, TimeProvider.System);
        using var checkpoint = from is { } bytes ? SafeTensors.Parse(bytes) : null;
        return (task, seen, trainer.Run(Items(task, Sentences[..160]), Items(task, Sentences[160..200]), checkpoint, CancellationToken.None));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("head")]
    public void Every_method_learns_more_than_guessing_and_its_model_opens_again_with_the_same_answers(string method)
    {
        var (task, _, _) = Train(Recipe(method, method == "head" ? 6 : 4, method == "lora" ? "learning_rate: 0.001\n" : "")); // adapters start at zero and want larger steps
        var test = Sentences[200..];
        var truth = test.Select(e => long.Parse(e.Label)).ToArray();

        var predicted = Evaluator.Predict(task, test);

        ClassificationReport.Of(truth, predicted, 2).Accuracy.Should().BeGreaterThan(0.7);
        using var again = TextClassifier.Open(new ModelFiles(task.Save()), CPU);
        again.Probabilities(test[0].Text).Zip(task.Probabilities(test[0].Text), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
        task.Dispose();
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public void A_run_that_resumes_from_its_checkpoint_ends_with_the_same_bits(string method)
    {
        var recipe = Recipe(method, 2, method == "lora" ? "lora: {r: 4, dropout: 0.1}\n" : "");
        var (whole, seen, _) = Train(recipe);

        var (resumed, _, _) = Train(recipe, seen.Checkpoints[0]);

        resumed.Save()["model.safetensors"].ToArray().Should().Equal(whole.Save()["model.safetensors"].ToArray());
        whole.Dispose();
        resumed.Dispose();
    }

    [Fact]
    public void A_checkpoint_of_more_than_two_gigabytes_is_kept_and_one_that_was_changed_gives_way_to_the_one_before()
    {
        using var folder = new TempFolder();
        var files = new CheckpointFiles(folder.Path, keep: 2);
        using var large = new Weights(zeros([3, 800_000_000], ScalarType.Byte));
        using var small = new Weights(ones([4], ScalarType.Byte));
        large.Tensor.narrow(0, 2, 1).fill_(7);

        files.Write(large);
        files.Write(small);
        var newest = Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Last();
        using (var damaged = new FileStream(newest, FileMode.Open))
        {
            damaged.Position = damaged.Length - 1;
            damaged.WriteByte(9);
        }

        using var kept = files.Newest();
        kept!.Tensors.Single().Shape.Should().Equal(3, 800_000_000);
        using var back = kept.Read("w");
        using var last = back.narrow(0, 2, 1);
        (last.bytes[0], last.bytes[^1]).Should().Be((7, 7));
    }

    [Fact]
    public void Head_training_leaves_the_base_as_it_was()
    {
        var (task, _, _) = Train(Recipe("head"));
        using var untouched = TextClassifier.Build(Recipe("head"), Base, ["0", "1"], CPU);

        foreach (var (name, tensor) in untouched.Module.state_dict().Where(t => !task.IsHead(t.Key)))
        {
            task.Module.state_dict()[name].bytes.SequenceEqual(tensor.bytes).Should().BeTrue(name);
        }
        task.Dispose();
    }

    [Fact]
    public void Eight_bits_a_weight_change_few_answers_and_the_model_opens_that_way()
    {
        var (task, _, _) = Train(Recipe("full"));
        var before = Evaluator.Predict(task, Sentences);
        var exact = task.Probabilities(Sentences[0].Text);

        task.Quantize(Quantization.Int8);

        Evaluator.Predict(task, Sentences).Zip(before).Count(p => p.First != p.Second).Should().BeLessThan(Sentences.Length / 50);
        using var again = TextClassifier.Open(new ModelFiles(task.Save()), CPU);
        again.Probabilities(Sentences[0].Text).Should().Equal(task.Probabilities(Sentences[0].Text)).And.NotEqual(exact);
        task.Dispose();
    }

    [Fact]
    public void Patience_ends_a_run_that_gets_no_better()
    {
        var (task, _, result) = Train(Recipe("head", 200, "early_stopping_patience: 2\n"));

        result.StoppedEarly.Should().BeTrue();
        result.BestMetric.Should().BeGreaterThan(0.5);
        task.Dispose();
    }

    [Fact]
    public void One_class_is_refused_in_words_that_say_what_to_do()
    {
        using var task = TextClassifier.Build(Recipe("head"), Base, ["0", "1"], CPU);
        using var trainer = new Trainer(Recipe("head"), task, new Observer(), TimeProvider.System);
        var one = Enumerable.Repeat(new Example("a", "0"), 4).ToArray();

        var act = () => trainer.Run(Items(task, one), Items(task, one), null, CancellationToken.None);

        act.Should().Throw<InvalidDataException>().WithMessage("*same label*at least two classes*");
    }

    [Fact]
    public void A_report_counts_what_a_person_would_count()
    {
        var report = ClassificationReport.Of([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 3);

        report.Accuracy.Should().BeApproximately(0.6, 1e-12);
        report.MacroF1.Should().BeApproximately((0.5 + 0.8 + 0) / 3, 1e-12);
        report.Confusion[0].Should().Equal(1, 1, 0);
    }

    private sealed record Weights(Tensor Tensor) : ICheckpoint, IDisposable
    {
        public void WriteTo(Stream stream) => SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["w"] = Tensor });

        public void Dispose() => Tensor.Dispose();
    }

    private sealed class Observer : ITrainingObserver
    {
        internal List<ReadOnlyMemory<byte>> Checkpoints { get; } = [];

        public void Report(TrainingProgress progress)
        {
        }

        public void SaveCheckpoint(ICheckpoint state)
        {
            using var stream = new MemoryStream();
            state.WriteTo(stream);
            Checkpoints.Add(stream.ToArray());
        }
    }
}
