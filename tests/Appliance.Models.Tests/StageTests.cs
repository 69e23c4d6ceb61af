using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Privacy;
using Appliance.Training.Search;
using Appliance.Training.Stages;
using Appliance.Training.Tasks;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Every stage and method learns something on a tiny model, through the one loop and from files as an operator has them.</summary>
[Collection("torch")]
public sealed class StageTests
{
    private static string Model(string name) => Repository.File("tests", "Golden", "e2e", name);

    private static Recipe Recipe(string fields)
    {
        var (recipe, errors) = RecipeReader.Read("task: t\n" + fields);
        errors.Should().BeEmpty();
        return recipe!;
    }

    private static TrainingResult Run(Recipe recipe, string data, Action<PreparedTask>? look = null)
    {
        set_num_threads(2);
        random.manual_seed(recipe.Seed);
        using var prepared = TaskBuilder.Build(recipe, data, CPU);
        using var trainer = new Trainer(recipe, prepared.Task, new Quiet(), TimeProvider.System);
        var result = trainer.Run(prepared.Train, prepared.Validation, null, CancellationToken.None);
        look?.Invoke(prepared);
        return result;
    }

    private static void Falls(TrainingResult result) =>
        result.Evaluations[^1].ValidationLoss.Should().BeLessThan(result.Evaluations[0].ValidationLoss, string.Join(" ", result.Evaluations.Select(e => e.ValidationLoss.ToString("0.000"))));

    private static readonly string[] Words = ["the", "model", "is", "a", "good", "bad", "training", "text", "library", "with", "small", "token"];

    // Sentences whose class is told by one word.
    private static TempFolder Sentences(int count = 96)
    {
        var folder = new TempFolder();
        var chance = new Random(4);
        File.WriteAllLines(folder.File("rows.tsv"), ["text\tlabel", .. Enumerable.Range(0, count).Select(k =>
            $"{string.Join(' ', Enumerable.Range(0, 5 + chance.Next(6)).Select(_ => Words[chance.Next(4)]))} {(k % 2 == 0 ? "good" : "bad")} {Words[6 + chance.Next(6)]}\t{(k % 2 == 0 ? "plus" : "minus")}")]);
        return folder;
    }

    [Theory]
    [InlineData("full", 1e-3)]
    [InlineData("freeze", 1e-2)]
    [InlineData("head", 5e-2)]
    [InlineData("lora", 1e-2)]
    [InlineData("rslora", 1e-2)]
    [InlineData("dora", 1e-2)]
    [InlineData("qlora", 1e-2)]
    [InlineData("adapter", 1e-2)]
    [InlineData("prefix", 3e-2)]
    [InlineData("prompt", 3e-2)]
    [InlineData("ia3", 3e-2)]
    [InlineData("bitfit", 1e-2)]
    public void Every_method_learns_and_moves_only_what_it_should(string method, double rate)
    {
        using var data = Sentences();
        var recipe = Recipe($"base_model: {Model("bert-sentiment")}\nmethod: {method}\nlearning_rate: {rate}\nper_device_train_batch_size: 8\nnum_train_epochs: 4\nearly_stopping_patience: 0\nlora: {{r: 4, alpha: 8}}\nadapter_size: 8\nnum_virtual_tokens: 4\nmetric_for_best_model: loss\n");
        using var scope = NewDisposeScope();
        using var untouched = TextClassifier.Build(recipe, recipe.BaseModel, ["minus", "plus"], CPU);
        var before = untouched.Module.state_dict();

        var result = Run(recipe, data.Path, prepared =>
        {
            var module = prepared.Task.Module;
            var learnt = module.named_parameters().Where(p => p.parameter.requires_grad).Sum(p => p.parameter.numel());
            var all = module.named_parameters().Sum(p => p.parameter.numel());
            (learnt < all).Should().Be(method != "full");
            foreach (var (name, parameter) in module.named_parameters().Where(p => !p.parameter.requires_grad && before.ContainsKey(p.name)))
            {
                // Adapters that are linear are merged into the projections at the end.
                if (method is "freeze" or "head" or "bitfit" or "prefix" or "prompt" or "adapter")
                {
                    parameter.bytes.SequenceEqual(before[name].bytes).Should().BeTrue(name);
                }
            }
        });

        Falls(result);
    }

    [Theory]
    [InlineData("bert-fill-mask", "stage: pretrain_mlm\nwhole_words: true", "text")]
    [InlineData("gpt2-generate", "stage: pretrain_clm\nmax_length: 16", "text")]
    [InlineData("gpt2-generate", "stage: sft\nmax_length: 48", "conversation")]
    [InlineData("gpt2-generate", "stage: sft\npacking: true\nmax_length: 48", "conversation")]
    [InlineData("gpt2-generate", "stage: reward\nmax_length: 48", "pair")]
    [InlineData("gpt2-generate", "stage: dpo\nmax_length: 48", "pair")]
    [InlineData("gpt2-generate", "stage: kto\nmax_length: 48", "judgement")]
    public void Every_stage_learns_from_its_own_kind_of_rows(string model, string fields, string kind)
    {
        using var data = new TempFolder();
        var chance = new Random(5);
        string Text() => string.Join(' ', Enumerable.Range(0, 8).Select(_ => Words[chance.Next(Words.Length)]));
        File.WriteAllLines(data.File("rows.jsonl"), Enumerable.Range(0, 60).Select(k => kind switch
        {
            "text" => $"{{\"text\":\"{Text()}\"}}",
            "conversation" => $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"{Text()}\"}},{{\"role\":\"assistant\",\"content\":\"the model is good\"}}]}}",
            "pair" => $"{{\"prompt\":\"{Text()}\",\"chosen\":\"the model is good\",\"rejected\":\"bad bad text\"}}",
            _ => $"{{\"prompt\":\"{Text()}\",\"completion\":\"{(k % 2 == 0 ? "the model is good" : "bad bad text")}\",\"label\":{(k % 2 == 0 ? "true" : "false")}}}",
        }));

        Falls(Run(Recipe($"base_model: {Model(model)}\n{fields}\nlearning_rate: 0.003\nper_device_train_batch_size: 8\nnum_train_epochs: 4\nearly_stopping_patience: 0\n"), data.Path));
    }

    [Fact]
    public void A_model_that_is_rewarded_for_some_words_writes_them_more_often()
    {
        var recipe = Recipe($"base_model: {Model("gpt2-generate")}\nstage: rl\nlearning_rate: 0.01\nmax_steps: 12\nper_device_train_batch_size: 2\npreference: {{group: 8, new_tokens: 6, beta: 0.01}}\nearly_stopping_patience: 0\neval_steps: 12\n");
        random.manual_seed(2);
        using var task = ReinforcementTask.Build(recipe, recipe.BaseModel, (_, answers) => [.. answers.Select(a => a.Count(t => t % 2 == 0) / (double)a.Length)], CPU);
        Item[] prompts = [.. Enumerable.Range(0, 8).Select(k => new Item { Ids = [10 + k, 20 + k, 30 + k] })];
        using var trainer = new Trainer(recipe, task, new Quiet(), TimeProvider.System);
        double Share()
        {
            using var _ = no_grad();
            return Enumerable.Range(0, 6).Average(_ => task.Evaluate(prompts).Metrics["reward"]);
        }
        var before = Share();

        trainer.Run(prompts, prompts, null, CancellationToken.None);

        Share().Should().BeGreaterThan(before);
    }

    [Fact]
    public void A_student_comes_nearer_to_its_teacher()
    {
        using var data = Sentences();
        using var teacher = new TempFolder();
        Run(Recipe($"base_model: {Model("bert-sentiment")}\nlearning_rate: 0.003\nper_device_train_batch_size: 8\n"), data.Path, prepared =>
        {
            ((ModelTask)prepared.Task).SaveTo(teacher.Path);
            foreach (var file in Directory.GetFiles(Model("bert-sentiment")).Where(f => !File.Exists(Path.Combine(teacher.Path, Path.GetFileName(f)))))
            {
                File.Copy(file, Path.Combine(teacher.Path, Path.GetFileName(file)));
            }
        });

        var result = Run(Recipe($"base_model: {Model("bert-sentiment")}\nstage: distill\npreference: {{model: {teacher.Path}, temperature: 2, teacher_share: 0.9, hidden_weight: 0.1}}\nlearning_rate: 0.003\nper_device_train_batch_size: 8\nnum_train_epochs: 6\nearly_stopping_patience: 0\nmetric_for_best_model: loss\n"), data.Path);

        Falls(result);
    }

    [Fact]
    public void Texts_that_share_a_row_do_not_see_each_other()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var task = LanguageTask.Build(Recipe($"base_model: {Model("gpt2-generate")}\nstage: sft\n"), Model("gpt2-generate"), CPU);
        Item One(int[] ids) => new() { Ids = ids, Labels = [.. ids.Select(i => (long)i)] };
        Item[] alone = [One([5, 6, 7, 8, 9]), One([11, 12, 13])];
        var packed = new Item
        {
            Ids = [5, 6, 7, 8, 9, 11, 12, 13], Texts = [0, 0, 0, 0, 0, 1, 1, 1],
            Labels = [5, 6, 7, 8, 9, Item.Ignored, 12, 13],
        };
        task.Module.eval();

        var apart = task.Evaluate(alone).Loss;
        var together = task.Evaluate([packed]).Loss;

        together.Should().BeApproximately(apart, 1e-5);
    }

    [Theory]
    [InlineData("task")]
    [InlineData("lm")]
    public void Several_small_batches_move_the_weights_as_one_large_batch_does(string kind)
    {
        using var data = Sentences(64);
        var model = kind == "lm" ? $"base_model: {Model("gpt2-generate")}\nstage: sft\n" : $"base_model: {Model("bert-sentiment")}\n";
        if (kind == "lm")
        {
            var chance = new Random(6);
            File.Delete(data.File("rows.tsv"));
            File.WriteAllLines(data.File("rows.jsonl"), Enumerable.Range(0, 64).Select(_ => $"{{\"prompt\":\"the\",\"completion\":\"{string.Join(' ', Enumerable.Range(0, 1 + chance.Next(9)).Select(_ => Words[chance.Next(12)]))}\"}}"));
        }
        string Fields(int batch, int steps) => $"{model}dropout: 0\nshuffle: false\nmax_steps: 3\nlr_scheduler_type: constant\nlearning_rate: 0.01\noptim: sgd\nper_device_train_batch_size: {batch}\ngradient_accumulation_steps: {steps}\nload_best_model_at_end: false\n";
        float[] Weights(int batch, int steps)
        {
            float[] all = [];
            Run(Recipe(Fields(batch, steps)), data.Path, p => all = [.. p.Task.Module.parameters().SelectMany(w => w.cpu().data<float>().ToArray())]);
            return all;
        }

        Weights(4, 3).Zip(Weights(12, 1), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-6f);
    }

    [Theory]
    [InlineData(256 / 60000.0, 1.1, 14062, 1e-5, 3.009099525732508)]
    [InlineData(0.01, 1.0, 1000, 1e-5, 2.5383475454588877)]
    [InlineData(0.001, 0.8, 10000, 1e-6, 2.150717355914242)]
    public void The_privacy_spent_is_what_the_published_accountant_says(double rate, double noise, long steps, double delta, double epsilon) =>
        RdpAccountant.Epsilon(rate, noise, steps, delta).Should().BeApproximately(epsilon, 1e-9);

    [Fact]
    public void Private_learning_stops_before_its_budget_is_passed_and_says_what_it_spent()
    {
        using var data = Sentences(200);

        var result = Run(Recipe($"base_model: {Model("bert-sentiment")}\nmethod: bitfit\nprivacy: {{dp: {{epsilon_max: 6, noise_multiplier: 1, max_grad_norm: 0.5}}}}\nper_device_train_batch_size: 8\nnum_train_epochs: 20\nearly_stopping_patience: 0\n"), data.Path);

        result.Epsilon.Should().BeLessThanOrEqualTo(6).And.BeGreaterThan(4);
        result.StoppedEarly.Should().BeTrue();
    }

    [Fact]
    public void Losses_from_preferences_are_what_a_person_computes()
    {
        using var scope = NewDisposeScope();
        Tensor T(params float[] values) => tensor(values);

        // β ((−10 + 12) − (−11 + 10)) = 0.1 · 3; −log σ(0.3) = 0.554355…
        PreferenceLosses.Dpo(T(-10), T(-11), T(-12), T(-10), 0.1).item<float>().Should().BeApproximately(0.5543552f, 1e-6f);
        PreferenceLosses.Reward(T(2, 0), T(1, 0)).item<float>().Should().BeApproximately((0.3132617f + 0.6931472f) / 2, 1e-6f);
        // good: 1 − σ(0.1 (2 − 1)) = 0.4750208; bad: 1 − σ(0.1 (1 − 3)) = 0.549834
        PreferenceLosses.Kto(T(-10, -7), T(-12, -10), T(1, 0), 1, 0.1).item<float>().Should().BeApproximately((0.4750208f + 0.5498340f) / 2, 1e-6f);
        // teacher softmax(2/2, 0) = (0.7310586, 0.2689414), student even: KL = 0.1109…, times 4
        PreferenceLosses.SoftTargets(T(0, 0).view(1, 2), T(2, 0).view(1, 2), 2).item<float>().Should().BeApproximately(4 * 0.1109441f, 1e-5f);
        PreferenceLosses.Grpo(T(-1), T(-1.5f), T(2), 0.5).item<float>().Should().BeApproximately(-2 + (0.5f * (MathF.Exp(-0.5f) + 0.5f - 1)), 1e-6f);
    }

    [Theory]
    [InlineData("bert-sentiment", "", "tsv")]
    [InlineData("gpt2-generate", "stage: sft\n", "jsonl")]
    public void Layers_computed_again_give_the_same_weights_with_dropout_on(string model, string fields, string kind)
    {
        using var data = Sentences(32);
        if (kind == "jsonl")
        {
            File.Delete(data.File("rows.tsv"));
            File.WriteAllLines(data.File("rows.jsonl"), Enumerable.Range(0, 32).Select(k => $"{{\"prompt\":\"the {Words[k % 12]}\",\"completion\":\"is {Words[k % 7]} good\"}}"));
        }
        float[] Weights(bool again)
        {
            float[] all = [];
            Run(Recipe($"base_model: {Model(model)}\n{fields}dropout: 0.1\nmax_steps: 4\nlearning_rate: 0.01\noptim: sgd\nper_device_train_batch_size: 8\nload_best_model_at_end: false\ngradient_checkpointing: {(again ? "true" : "false")}\n"),
                data.Path, p => all = [.. p.Task.Module.parameters().SelectMany(w => w.cpu().data<float>().ToArray())]);
            return all;
        }

        Weights(true).Zip(Weights(false), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-6f);
    }

    [Theory]
    [InlineData("grid", 6, 6)]
    [InlineData("random", 4, 4)]
    [InlineData("asha", 6, 8)] // six for a third of the epochs, two of them for all
    public void A_search_finds_the_best_setting_and_goes_on_where_it_was_stopped(string strategy, int trials, int runs)
    {
        using var folder = new TempFolder();
        var text = $"base_model: b\ntask: t\nnum_train_epochs: 3\nlearning_rate: 0.5\nsearch: {{strategy: {strategy}, trials: {trials}, fields: {{learning_rate: [0.1, 0.01, 0.001], lora.r: [2, 4]}}}}\n";
        var options = RecipeReader.Read(text).Recipe!.Search!;
        var (asked, stop) = (0, 3);
        double Score(Recipe r)
        {
            asked++;
            return asked > stop ? throw new OperationCanceledException() : -Math.Abs(Math.Log10(r.LearningRate) + 2) + (r.Lora.Rank / 100.0) + (r.Epochs / 1000.0);
        }
        var stopped = () => new RecipeSearch(text, options, folder.File("trials.jsonl")).Best(Score, CancellationToken.None);
        stopped.Should().Throw<OperationCanceledException>();
        (asked, stop) = (0, 100);

        var search = new RecipeSearch(text, options, folder.File("trials.jsonl"));
        var best = RecipeReader.Read(search.Best(Score, CancellationToken.None)).Recipe!;

        asked.Should().Be(runs - 3, "three were done before");
        search.Trials.Should().HaveCount(runs);
        var top = search.Trials.Where(t => t.Epochs == 3).MaxBy(t => t.Metric)!;
        best.LearningRate.ToString().Should().Be(top.Fields["learning_rate"]);
        best.Epochs.Should().Be(3);
        if (strategy != "random")
        {
            (best.LearningRate, best.Lora.Rank).Should().Be((0.01, 4));
        }
    }
}
