using System.Text.Json;
using Appliance.Models.Adapters;
using Appliance.Models.Checkpoints;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using static TorchSharp.torch;

namespace Appliance.Tests;

/// <summary>Whole runs of the reference, step by step, through the one loop.</summary>
[Collection("torch")]
public sealed class TrainingGoldenTests
{
    public static TheoryData<string> Cases => Fixtures.Folders("train");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_run_has_the_references_losses_rates_norms_and_final_weights(string name)
    {
        Skip.If(name.Length == 0, "no training runs in this folder");
        var folder = Fixtures.At("train", name);
        using var expected = new Expected(folder);
        using var scope = NewDisposeScope();
        var parameters = expected.Json.GetProperty("hyperparameters");
        var recipe = Recipe(folder, parameters);
        using var task = new RecordedTask(folder, expected, recipe);
        var items = Enumerable.Range(0, expected.Json.GetProperty("n_batches").GetInt32()).Select(k => new Item { Label = k }).ToArray();
        var seen = new Steps();
        using var trainer = new Trainer(recipe, task, seen, TimeProvider.System);

        trainer.Run(items, items[..1], null, CancellationToken.None);

        // 1. each step
        var losses = Numbers(expected.Json, "loss");
        var tolerance = recipe.Optimizer == OptimizerKind.Sgd ? 2e-3 : 1e-4;
        seen.Reports.Should().HaveCount(losses.Length);
        foreach (var (k, step) in seen.Reports.Index())
        {
            step.Loss.Should().BeApproximately(losses[k], tolerance, "loss of step {0}", k);
            step.LearningRate.Should().BeApproximately(Numbers(expected.Json, "lr_used")[k], 1e-12, "rate of step {0}", k);
            var norm = Numbers(expected.Json, "grad_norm_before_clip")[k];
            step.GradientNorm.Should().BeApproximately(norm, (recipe.Optimizer == OptimizerKind.Sgd ? 2e-2 : 1e-3) * norm, "norm of step {0}", k);
        }

        // 2. what was learnt
        var state = task.Module.state_dict();
        foreach (var full in expected.Names("final.").Where(n => !IsNoise(n)))
        {
            var own = full["final.".Length..].Replace("base_model.model.", "").Replace(".modules_to_save", "");
            var allowed = Math.Max(1e-5, 20 * expected.Json.GetProperty("final_stats").GetProperty(full["final.".Length..]).GetProperty("max_abs_diff_fp64").GetDouble());
            var (found, wanted) = Comparable(full, state[own], expected[full]);
            (found - wanted).abs().max().item<float>().Should().BeLessThanOrEqualTo((float)allowed, full);
        }

        // 3. and what it answers then
        using var _ = no_grad();
        task.Model.eval();
        Close.Check("final_eval_logits_batch0", task.Forward(0).Logits!, expected["final_eval_logits_batch0"], recipe.Optimizer == OptimizerKind.Sgd ? 5e-3 : 2e-4, 1e-3);
    }

    [SkippableFact]
    public void Every_schedule_has_the_references_rates_at_every_step()
    {
        var path = Fixtures.At("misc", "lr_schedules.json");
        Skip.IfNot(File.Exists(path), "no schedules in this folder");
        var json = Fixtures.Json(path);
        var (warmup, total) = (json.GetProperty("num_warmup_steps").GetInt64(), json.GetProperty("num_training_steps").GetInt64());
        foreach (var one in json.GetProperty("schedules").EnumerateArray())
        {
            var name = one.GetProperty("name").GetString()!;
            var schedule = Named(name, one.GetProperty("base_lr").GetDouble(), warmup, total);
            foreach (var (step, rate) in Numbers(one, "lr_used_at_step").Index())
            {
                schedule.Rate(step).Should().BeApproximately(rate, 1e-12, "{0} at step {1}", name, step);
            }
        }
    }

    // cosine_with_restarts(num_cycles=2)
    private static Schedule Named(string text, double peak, long warmup, long total)
    {
        var kind = text.Split('(')[0];
        var schedule = new Schedule(Enum.GetValues<RateSchedule>().Single(k => string.Equals(k.ToString(), kind.Replace("_", ""), StringComparison.OrdinalIgnoreCase)), peak, warmup, total);
        foreach (var option in text.Contains('(') ? text.Split('(', ')')[1].Split(',') : [])
        {
            var (key, value) = (option.Split('=')[0], double.Parse(option.Split('=')[1]));
            schedule = key switch { "num_cycles" => schedule with { Cycles = (int)value }, "power" => schedule with { Power = value }, _ => schedule with { End = value } };
        }
        return schedule;
    }

    private static Recipe Recipe(string folder, JsonElement p)
    {
        var adapter = Path.Combine(folder, "init_adapter");
        var lora = Directory.Exists(adapter) ? AdapterConfig.Open(adapter) : null;
        return new Recipe
        {
            BaseModel = "b", Task = "t",
            Method = lora is null ? TrainingMethod.Full : lora.Dora ? TrainingMethod.Dora : lora.RankStabilised ? TrainingMethod.Rslora : TrainingMethod.Lora,
            Lora = lora is null ? new LoraOptions() : new LoraOptions { Rank = lora.Rank, Alpha = lora.Alpha, TargetModules = lora.TargetModules },
            BatchSize = 1, Shuffle = false, Patience = 0, LoadBest = false, LoggingSteps = 1,
            Epochs = 1000, StepsMax = p.GetProperty("num_training_steps").GetInt64(), WarmupSteps = p.GetProperty("num_warmup_steps").GetInt64(),
            Optimizer = p.GetProperty("optimizer").GetString() == "sgd" ? OptimizerKind.Sgd : OptimizerKind.Adamw,
            Momentum = p.GetProperty("momentum") is { ValueKind: JsonValueKind.Number } m ? m.GetDouble() : 0,
            Schedule = p.GetProperty("schedule").GetString() == "cosine" ? RateSchedule.Cosine : RateSchedule.Linear,
            LearningRate = p.GetProperty("lr").GetDouble(), WeightDecay = p.GetProperty("weight_decay").GetDouble(),
            GradientNormMax = p.GetProperty("max_grad_norm").GetDouble(), AccumulationSteps = p.GetProperty("gradient_accumulation_steps").GetInt32(),
            LabelSmoothing = p.GetProperty("label_smoothing").GetDouble(),
        };
    }

    // The gradient of a key's bias is zero but for rounding, and Adam makes whole steps of rounding.
    private static bool IsNoise(string name) => name.EndsWith("key.bias") || name.EndsWith("k_lin.bias") || name.EndsWith("k_proj.bias");

    private static (Tensor Found, Tensor Wanted) Comparable(string name, Tensor found, Tensor wanted)
    {
        if (!name.EndsWith("c_attn.bias"))
        {
            return (found.view(-1), wanted.view(-1));
        }
        var third = wanted.shape[0] / 3;
        return (cat([found.narrow(0, 0, third), found.narrow(0, 2 * third, third)]), cat([wanted.narrow(0, 0, third), wanted.narrow(0, 2 * third, third)]));
    }

    private static double[] Numbers(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private sealed class Steps : ITrainingObserver
    {
        internal List<TrainingProgress> Reports { get; } = [];

        public void Report(TrainingProgress progress)
        {
            if (progress.LearningRate > 0 || progress.GradientNorm > 0)
            {
                Reports.Add(progress);
            }
        }

        public void SaveCheckpoint(ICheckpoint state)
        {
        }
    }

    /// <summary>The reference's own batches, in its order.</summary>
    private sealed class RecordedTask : ITrainableTask
    {
        private readonly Expected _expected;
        private readonly Recipe _recipe;
        private readonly string _adapter;
        private readonly string _class;
        private readonly JsonElement _config;

        internal RecordedTask(string folder, Expected expected, Recipe recipe)
        {
            (_expected, _recipe, _adapter) = (expected, recipe, Path.Combine(folder, "init_adapter"));
            _config = Fixtures.Json(Path.Combine(folder, "init", "config.json"));
            _class = _config.TryGetProperty("architectures", out var a) && a.ValueKind == JsonValueKind.Array ? a[0].GetString()! : "";
            Model = ModelGoldenTests.Open(Path.Combine(folder, "init"), _class);
        }

        internal Model Model { get; }

        public nn.Module Module => Model;

        public string Precision => "fp32";

        public IEnumerable<(string Name, Projection Projection)> AdapterTargets => Model.Projections;

        public bool IsHead(string parameterName) => parameterName.StartsWith("classifier.");

        // The adapter's recorded start in place of a random one.
        public void Begin(IReadOnlyList<Item> train, IReadOnlyList<Item> held)
        {
            if (!Directory.Exists(_adapter))
            {
                return;
            }
            using var file = SafeTensors.Open(Path.Combine(_adapter, "adapter_model.safetensors"));
            using var _ = no_grad();
            var state = Model.state_dict();
            foreach (var tensor in file.Tensors)
            {
                state[tensor.Name.Replace("base_model.model.", "")].copy_(file.Read(tensor.Name));
            }
        }

        public double Units(IReadOnlyList<Item> batch) => 1;

        public Tensor Loss(IReadOnlyList<Item> batch, BatchContext context)
        {
            var (k, output) = (batch[0].Label, Forward(batch[0].Label));
            var logits = output.Logits!;
            var labels = _expected[$"batch.{k}.labels"];
            if (_class.EndsWith("LMHeadModel") || _class.EndsWith("ForCausalLM"))
            {
                var t = logits.shape[1];
                (logits, labels) = (logits.narrow(1, 0, t - 1), labels.narrow(1, 1, t - 1).contiguous());
            }
            return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[^1]), labels.view(-1), label_smoothing: _recipe.LabelSmoothing);
        }

        public Scores Evaluate(IReadOnlyList<Item> items)
        {
            using var _ = no_grad();
            Model.eval();
            return new Scores(Loss(items, new BatchContext(new Random(1))).item<float>(), new Dictionary<string, double>());
        }

        internal ModelOutput Forward(long k) => Model.Forward(new ModelInput
        {
            InputIds = _expected.Optional($"batch.{k}.input_ids"),
            AttentionMask = _expected.Optional($"batch.{k}.attention_mask"),
            TokenTypeIds = _expected.Optional($"batch.{k}.token_type_ids"),
            PixelValues = _expected.Optional($"batch.{k}.pixel_values"),
        });

        public void Dispose() => Model.Dispose();
    }
}
