using Appliance.Models.Parts;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Torch.Beyond;
using Appliance.Training;
using Appliance.Training.Data;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>What the loop does beside moving weights: hold, watch, refuse, clean up, say what it saw.</summary>
[Collection("torch")]
public sealed class LoopTests
{
    private static readonly string Base = Repository.File("tests", "Golden", "e2e", "bert-sentiment");
    private static readonly string[] Words = ["the", "model", "is", "a", "text", "library", "with", "small", "token"];

    private static Example[] Rows(int count, int seed = 3)
    {
        var chance = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(k => new Example(
            $"{string.Join(' ', Enumerable.Range(0, 6).Select(_ => Words[chance.Next(Words.Length)]))} {(k % 2 == 0 ? "good" : "bad")}", k % 2 == 0 ? "plus" : "minus"))];
    }

    private static Recipe Recipe(string fields)
    {
        var (recipe, errors) = RecipeReader.Read($"base_model: {Base}\ntask: t\nper_device_train_batch_size: 8\nearly_stopping_patience: 0\n{fields}");
        errors.Should().BeEmpty();
        return recipe!;
    }

    private static (TrainingResult Result, TextClassifier Task, Watcher Seen) Run(Recipe recipe, Example[] train, Example[] held, Example[]? old = null)
    {
        set_num_threads(2);
        random.manual_seed(recipe.Seed);
        var task = TextClassifier.Build(recipe, recipe.BaseModel, ["minus", "plus"], CPU);
        var seen = new Watcher();
        using var trainer = new Trainer(recipe, task, seen, TimeProvider.System);
        Item[] Items(Example[] rows) => [.. rows.Select(task.Encode)];
        return (trainer.Run(Items(train), Items(held), null, CancellationToken.None, Items(old ?? [])), task, seen);
    }

    [Fact]
    public void The_normal_float_grid_is_the_published_one_and_a_weight_comes_back_near()
    {
        NormalFloat.Grid.Should().HaveCount(16).And.BeInAscendingOrder();
        (NormalFloat.Grid[0], NormalFloat.Grid[1], NormalFloat.Grid[7], NormalFloat.Grid[8], NormalFloat.Grid[15])
            .Should().Be((-1f, -0.6961928009986877f, 0f, 0.07958029955625534f, 1f));
        float[] block = [.. Enumerable.Range(0, 64).Select(k => (k - 31.5f) / 16)];
        var scales = NormalFloat.BlockScales(block);
        scales.Should().Equal(31.5f / 16);
        var codes = NormalFloat.Encode(block, scales);
        (codes[0] >> 4, codes[31] & 15).Should().Be((0, 15), "the ends of a block are the ends of the grid");
        random.manual_seed(1);
        using var projection = new Projection(256, 128);
        using var before = projection.Weight.detach().clone();

        projection.StoreInFourBits();
        projection.WeightBytes.Should().BeLessThan((long)(0.14 * 256 * 128 * 4), "4 bits, and an eighth of a bit for the scale");
        projection.StoreInFloat();

        var largest = before.abs().max().item<float>();
        (projection.Weight.detach() - before).abs().max().item<float>().Should().BeLessThan(0.17f * largest, "half of the widest gap of the grid, and the scale's own rounding");
    }

    [Fact]
    public void A_base_in_four_bits_takes_less_than_three_tenths_of_its_memory_and_learns_beside_it()
    {
        var folder = Repository.File("samples", "use-lite-en");
        double whole = 0, stored = 0;
        using var task = TextClassifier.Build(Recipe("") with { BaseModel = folder }, folder, ["minus", "plus"], CPU);
        whole = task.Module.parameters().Sum(p => p.numel()) * sizeof(float);
        var watched = new Watcher
        {
            Each = _ => stored = whole - task.AdapterTargets.Sum(p => (p.Projection.InputSize * p.Projection.OutputSize * sizeof(float)) - p.Projection.WeightBytes)
                - (task.Model.WordEmbeddings!.weight.numel() * sizeof(float)) + task.Model.WordEmbeddings.Bytes,
        };
        using var trainer = new Trainer(Recipe("method: qlora\nlearning_rate: 0.005\nnum_train_epochs: 3\n") with { BaseModel = folder }, task, watched, TimeProvider.System);

        var result = trainer.Run([.. Rows(64).Select(task.Encode)], [.. Rows(16, 9).Select(task.Encode)], null, CancellationToken.None);

        (stored / whole).Should().BeApproximately(0.17, 0.01, "projections in 4 bits, word vectors in 8");
        result.BestMetric.Should().BeGreaterThan(0.9, "the adapters learn beside it");
    }

    [Fact]
    public void A_product_in_four_bits_gives_the_gradient_of_the_wide_matrix_and_keeps_none_of_it()
    {
        random.manual_seed(2);
        using var projection = new Projection(128, 96);
        projection.StoreInFourBits();
        using var x = randn([5, 128]);
        x.requires_grad = true;
        using var y = projection.call(x);
        y.square().sum().backward();
        using var got = x.grad!.clone();
        projection.StoreInFloat();
        projection.Weight.requires_grad = false;
        using var same = x.detach().clone();
        same.requires_grad = true;
        using var wide = nn.functional.linear(same, projection.Weight, projection.Bias);
        wide.square().sum().backward();

        (got - same.grad!).abs().max().item<float>().Should().BeLessThan(1e-4f);
        (y - wide).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void Old_knowledge_is_held_by_consolidation_and_its_loss_is_told()
    {
        Example[] old = [.. Rows(48, 5).Select(e => e with { Label = e.Label == "plus" ? "minus" : "plus" })];
        double Moved(string guard)
        {
            var recipe = Recipe($"learning_rate: 0.01\nnum_train_epochs: 3\n{guard}");
            using var start = TextClassifier.Build(recipe, Base, ["minus", "plus"], CPU);
            var (result, task, _) = Run(recipe, Rows(64), Rows(16, 9), old);
            using (task)
            {
                var name = task.Module.named_parameters().First(p => p.name.EndsWith("query.weight")).name;
                return (task.Module.state_dict()[name].detach() - start.Module.state_dict()[name].detach()).abs().sum().item<float>();
            }
        }

        Moved("forgetting: ewc\nforgetting_strength: 100000\n").Should().BeLessThan(0.5 * Moved(""));
        Run(Recipe("learning_rate: 0.01\nnum_train_epochs: 2\nforgetting: replay\nforgetting_strength: 0.5\n"), Rows(64), Rows(16, 9), old).Task.Dispose();
    }

    [Fact]
    public void The_verdict_names_what_went_wrong_with_numbers()
    {
        var chance = new Random(8);
        Example[] noise = [.. Rows(40).Select(e => e with { Label = chance.Next(2) == 0 ? "plus" : "minus" })];
        Example[] held = [.. Rows(40, 21).Select(e => e with { Label = chance.Next(2) == 0 ? "plus" : "minus" })];

        var (memorised, first, _) = Run(Recipe("learning_rate: 0.01\nnum_train_epochs: 25\n"), noise, held);
        first.Dispose();
        memorised.Verdict.Should().Contain(v => v.StartsWith("Over-fitting") && v.Contains("step")).And.Contain(v => v.StartsWith("Too little data: 40"));
        var (idle, second, _) = Run(Recipe("learning_rate: 0.00000002\nnum_train_epochs: 1\n"), Rows(120), Rows(16, 9));
        second.Dispose();
        idle.Verdict.Should().Contain(v => v.StartsWith("Under-fitting"));
    }

    [Fact]
    public void A_loss_that_breaks_stops_the_run_with_its_step_and_the_likely_cause()
    {
        var act = () => Run(Recipe("optim: sgd\nlearning_rate: 1\nmomentum: 0.99\nmax_grad_norm: 0\nlr_scheduler_type: constant\nnum_train_epochs: 60\n"), Rows(64), Rows(16, 9));

        act.Should().Throw<InvalidDataException>().WithMessage("*at step *Lower learning_rate*The last checkpoint is kept*");
    }

    [Fact]
    public void A_label_that_training_lacks_and_an_empty_part_are_told_before_the_first_step()
    {
        var plus = Rows(16).Where(e => e.Label == "plus").ToArray();
        var one = () => Run(Recipe(""), plus, Rows(4));
        var none = () => Run(Recipe(""), Rows(8), []);

        one.Should().Throw<InvalidDataException>().WithMessage("*same label*");
        none.Should().Throw<InvalidDataException>().WithMessage("*no training or no validation*");
    }

    [Fact]
    public void Layers_wake_up_from_the_last_one_down()
    {
        var recipe = Recipe("unfreeze_epochs: 1\nnum_train_epochs: 1\nlearning_rate: 0.01\nlayerwise_lr_decay: 0.5\n");
        using var start = TextClassifier.Build(recipe, Base, ["minus", "plus"], CPU);

        var (_, task, _) = Run(recipe, Rows(32), Rows(8, 9));

        var before = start.Module.state_dict();
        foreach (var (name, parameter) in task.Module.named_parameters().Where(p => p.name.Contains("encoder.layer")))
        {
            parameter.bytes.SequenceEqual(before[name].bytes).Should().BeTrue("in the first epoch the head alone learns: {0}", name);
        }
        task.Dispose();
    }

    [Theory]
    [InlineData("adapter")]
    [InlineData("prefix")]
    [InlineData("prompt")]
    public void What_stays_beside_the_weights_is_saved_and_opens_again_with_the_same_answers(string method)
    {
        using var folder = new TempFolder();
        var (_, task, _) = Run(Recipe($"method: {method}\nnum_train_epochs: 2\nlearning_rate: 0.01\nnum_virtual_tokens: 4\nadapter_size: 6\n"), Rows(32), Rows(8, 9));
        task.SaveTo(folder.Path);
        foreach (var file in Directory.GetFiles(Base).Where(f => Path.GetFileName(f) is not ("config.json" or "model.safetensors")))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }
        using var again = TextClassifier.Build(Recipe(""), folder.Path, ["minus", "plus"], CPU);

        again.HasNewHead.Should().BeFalse();
        again.Probabilities("a small library good").Zip(task.Probabilities("a small library good"), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-6f);
        again.Module.named_parameters().Select(p => p.name).Should().Contain(n => n.Contains("adapter_") || n == "prompt_embeddings");
        task.Dispose();
    }

    [Fact]
    public void Several_labels_a_text_are_learnt_and_a_label_that_only_the_held_out_part_has_is_told_before_the_first_step()
    {
        var recipe = Recipe("problem_type: multi_label_classification\nnum_train_epochs: 20\nlearning_rate: 0.003\nmetric_for_best_model: f1\n");
        Example Labelled(Example e) => e with { Label = string.Join('|', e.Text.Split(' ').Where(w => w is "library" or "token" or "good").Distinct()) };
        using var task = MultiLabelTask.Build(recipe, Base, ["good", "library", "token"], CPU);
        Item[] train = [.. Rows(160).Select(e => task.Encode(Labelled(e)))], held = [.. Rows(40, 9).Select(e => task.Encode(Labelled(e)))];
        using var trainer = new Trainer(recipe, task, new Watcher(), TimeProvider.System);

        trainer.Run(train, held, null, CancellationToken.None);

        var scores = task.Evaluate(held).Metrics;
        scores["f1"].Should().BeGreaterThan(0.95);
        scores["accuracy"].Should().BeInRange(0.8, 1, "of whole rows of answers");
        var stranger = () => trainer.Run([.. train.Where(i => i.Labels![2] == 0)], held, null, CancellationToken.None);
        stranger.Should().Throw<InvalidDataException>().WithMessage("*'token'*validation part and not in the training part*");
    }

    [Fact]
    public void Training_from_nothing_starts_from_random_weights_and_still_learns()
    {
        var (_, task, _) = Run(Recipe("init: random\nnum_train_epochs: 12\nlearning_rate: 0.003\n"), Rows(160), Rows(40, 9));
        using var start = TextClassifier.Build(Recipe(""), Base, ["minus", "plus"], CPU);
        var name = start.Module.named_parameters().First(p => p.name.EndsWith("query.weight")).name;

        (task.Module.state_dict()[name].detach() - start.Module.state_dict()[name].detach()).abs().mean().item<float>().Should().BeGreaterThan(0.05f);
        task.Evaluate([.. Rows(40, 9).Select(task.Encode)]).Metrics["accuracy"].Should().BeGreaterThan(0.9);
        task.Dispose();
    }

    [Fact]
    public void Nothing_is_left_behind_by_ten_thousand_steps()
    {
        var recipe = Recipe("max_steps: 10000\nlogging_steps: 1\nsave_steps: 1000000\neval_steps: 1000000\nlearning_rate: 0.001\naugment: {token_dropout: 0.1, word_swap: 0.1}\ngroup_by_length: true\nbalanced_sampling: true\n");

        var (_, task, seen) = Run(recipe, Rows(64), Rows(8, 9));

        task.Dispose();
        seen.Live.Should().HaveCountGreaterThan(9990);
        seen.Live[9990].Should().BeLessThanOrEqualTo(seen.Live[20] + 2, "live tensors stay as many");
    }

    [Fact]
    public void Images_are_learnt_with_every_augmentation_on()
    {
        var folder = Repository.File("tests", "Golden", "models", "torchvision-resnet18-slim");
        var recipe = RecipeReader.Read($"base_model: {folder}\ntask: t\nper_device_train_batch_size: 8\nnum_train_epochs: 4\nlearning_rate: 0.003\nearly_stopping_patience: 0\nmetric_for_best_model: loss\naugment: {{flip: true, crop: 2, color: 0.1, mixup: 0.2, cutout: 6}}\n").Recipe!;
        using var task = ImageTask.Build(recipe, folder, ["dark", "light"], CPU);
        var chance = new Random(2);
        Item[] items = [.. Enumerable.Range(0, 48).Select(k => task.Encode(new LabelledImage(
            [.. Enumerable.Range(0, 32 * 32).Select(_ => (float)((chance.NextDouble() * 0.5) + (k % 2 * 0.5)))], 1, 32, 32, k % 2 == 0 ? "dark" : "light")))];
        using var trainer = new Trainer(recipe, task, new Watcher(), TimeProvider.System);

        trainer.Run(items[..32], items[32..], null, CancellationToken.None);

        task.Evaluate(items[32..]).Metrics["accuracy"].Should().BeGreaterThan(0.9);
    }

    [Fact]
    public void Tags_and_answers_are_learnt_from_words_and_contexts()
    {
        var recipe = Recipe("num_train_epochs: 8\nlearning_rate: 0.005\nmetric_for_best_model: f1\nmax_length: 64\n");
        var chance = new Random(4);
        TaggedSentence[] sentences = [.. Enumerable.Range(0, 60).Select(_ =>
        {
            string[] words = [.. Enumerable.Range(0, 7).Select(_ => Words[chance.Next(Words.Length)])];
            return new TaggedSentence(words, [.. words.Select(w => w == "library" ? "B-thing" : "O")]);
        })];
        using var tagging = TaggingTask.Build(recipe, Base, ["O", "B-thing"], CPU);
        Item[] tagged = [.. sentences.Select(tagging.Encode)];
        using var one = new Trainer(recipe with { Epochs = 30 }, tagging, new Watcher(), TimeProvider.System);
        one.Run(tagged[..45], tagged[45..], null, CancellationToken.None);
        tagging.Evaluate(tagged[45..]).Metrics["f1"].Should().BeGreaterThan(0.9);

        using var answering = AnsweringTask.Build(recipe, Base, CPU);
        Question[] questions = [.. sentences.Where(s => s.Words.Count(w => w == "library") == 1).Select((s, k) => (Text: string.Join(' ', s.Words), k))
            .Select(s => new Question($"{s.k}", "which", s.Text, [("library", s.Text.IndexOf("library", StringComparison.Ordinal))]))];
        Item[] Windows(IEnumerable<Question> some, bool learning) => [.. some.SelectMany(q => answering.Encode(q, learning))];
        using var two = new Trainer(recipe with { Epochs = 30 }, answering, new Watcher(), TimeProvider.System);
        two.Run(Windows(questions, true), Windows(questions.Take(8), false), null, CancellationToken.None);
        answering.Evaluate(Windows(questions.Take(8), false)).Metrics["exact_match"].Should().BeGreaterThan(0.7);
    }

    private sealed class Watcher : ITrainingObserver
    {
        internal List<long> Live { get; } = [];

        internal Action<TrainingProgress> Each { get; init; } = _ => { };

        public void Report(TrainingProgress progress)
        {
            Live.Add(Tensor.TotalCount);
            Each(progress);
        }

        public void SaveCheckpoint(ICheckpoint state)
        {
        }
    }
}
