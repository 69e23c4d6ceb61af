using Appliance.Sdk.Yaml;

namespace Appliance.Sdk.Recipes;

/// <summary>Reads a recipe and reports all its mistakes at once, with lines and cures.</summary>
public static class RecipeReader
{
    private static readonly string[] Metrics = ["macro_f1", "accuracy", "f1", "exact_match", "loss"];
    private static readonly string[] Strategies = ["grid", "random", "asha"];

    /// <returns>The recipe, or null and at least one error.</returns>
    public static (Recipe? Recipe, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, Read);

    private static Recipe Read(FieldReader f)
    {
        var method = f.Word("method", TrainingMethod.Full);
        var stage = f.Word("stage", TrainingStage.Task);
        var recipe = new Recipe
        {
            BaseModel = f.Text("base_model"),
            Task = f.Text("task"),
            Stage = stage,
            Method = method,
            Init = f.Word("init", StartingWeights.Base),
            ProblemType = f.Word("problem_type", ProblemType.SingleLabelClassification),
            Lora = Lora(f.Map("lora")),
            BottleneckSize = f.Integer("adapter_size", 64, 1, 1024),
            VirtualTokens = f.Integer("num_virtual_tokens", 20, 1, 512),
            TrainedLayers = f.Integer("trained_layers", 1, 0, 1000),
            Augment = Augment(f.Map("augment")),
            Preference = Preference(f.Map("preference")),
            Privacy = Privacy(f.Map("privacy")?.Nested("dp")),
            Search = Search(f.Map("search")),
            Seed = f.Integer("seed", 1, 0, int.MaxValue),
            Quantize = f.Word("quantize", Quantization.None),
        };
        recipe = Data(f, Evaluation(f, Loop(f, recipe)));
        Contradictions(f, recipe);
        return recipe;
    }

    private static Recipe Loop(FieldReader f, Recipe recipe) => recipe with
    {
        BatchSize = f.Integer("per_device_train_batch_size", 32, 1, 4096),
        AccumulationSteps = f.Integer("gradient_accumulation_steps", 1, 1, 1024),
        Optimizer = f.Word("optim", OptimizerKind.Adamw),
        Momentum = f.Number("momentum", 0.9, 0, 0.999),
        LearningRate = f.Number("learning_rate", DefaultRate(recipe.Method), 1e-8, 1),
        Epochs = f.Integer("num_train_epochs", 5, 1, 1000),
        StepsMax = f.Integer("max_steps", 0, 0, int.MaxValue),
        Schedule = f.Word("lr_scheduler_type", RateSchedule.Linear),
        WarmupRatio = f.Number("warmup_ratio", 0.1, 0, 1),
        WarmupSteps = f.Integer("warmup_steps", 0, 0, int.MaxValue),
        LayerwiseDecay = f.Number("layerwise_lr_decay", 1, 0.1, 1),
        UnfreezeEpochs = f.Integer("unfreeze_epochs", 0, 0, 1000),
        WeightDecay = f.Number("weight_decay", 0.01, 0, 1),
        GradientNormMax = f.Number("max_grad_norm", 1, 0, 1000),
        LabelSmoothing = f.Number("label_smoothing", 0, 0, 0.5),
        ClassWeights = f.Word("class_weights", ClassWeights.None),
        Dropout = f.Number("dropout", -1, -1, 0.9),
        Precision = f.Word("precision", Precision.Fp32),
        GradientCheckpointing = f.Flag("gradient_checkpointing", false),
        Forgetting = f.Word("forgetting", ForgettingGuard.None),
        ForgettingStrength = f.Number("forgetting_strength", 0, 0, 1e9),
    };

    private static Recipe Evaluation(FieldReader f, Recipe recipe) => recipe with
    {
        EvaluationSteps = f.Integer("eval_steps", 0, 0, 1_000_000),
        SaveSteps = f.Integer("save_steps", 500, 1, 1_000_000),
        LoggingSteps = f.Integer("logging_steps", 0, 0, 1_000_000),
        Patience = f.Integer("early_stopping_patience", 3, 0, 1000),
        Threshold = f.Number("early_stopping_threshold", 0, 0, 1),
        BestMetric = f.OneOf("metric_for_best_model", Metrics, recipe.Stage is TrainingStage.Task or TrainingStage.Distill ? "macro_f1" : "loss"),
        AbstainAccuracy = f.Number("abstain_accuracy", 0, 0, 1),
        LoadBest = f.Flag("load_best_model_at_end", true),
    };

    private static Recipe Data(FieldReader f, Recipe recipe) => recipe with
    {
        LengthMax = f.Integer("max_length", 128, 8, 8192),
        GroupByLength = f.Flag("group_by_length", false),
        Packing = f.Flag("packing", false),
        BalancedSampling = f.Flag("balanced_sampling", false),
        Shuffle = f.Flag("shuffle", true),
        MaskedShare = f.Number("mlm_probability", 0.15, 0.01, 0.9),
        WholeWords = f.Flag("whole_words", false),
    };

    private static LoraOptions Lora(FieldReader? f) => Checked(f, new LoraOptions(), fields => new LoraOptions
    {
        Rank = fields.Integer("r", 8, 1, 256),
        Alpha = fields.Number("alpha", 16, 0.01, 10_000),
        Dropout = fields.Number("dropout", 0, 0, 0.9),
        TargetModules = fields.Texts("target_modules"),
    });

    private static AugmentationOptions Augment(FieldReader? f) => Checked(f, new AugmentationOptions(), fields => new AugmentationOptions
    {
        TokenDropout = fields.Number("token_dropout", 0, 0, 0.5),
        WordSwap = fields.Number("word_swap", 0, 0, 0.5),
        MaskBackoff = fields.Number("mask_backoff", 0, 0, 0.5),
        Flip = fields.Flag("flip", false),
        Crop = fields.Integer("crop", 0, 0, 32),
        Color = fields.Number("color", 0, 0, 1),
        Mixup = fields.Number("mixup", 0, 0, 10),
        Cutout = fields.Integer("cutout", 0, 0, 64),
    });

    private static PreferenceOptions Preference(FieldReader? f) => Checked(f, new PreferenceOptions(), fields => new PreferenceOptions
    {
        Beta = fields.Number("beta", 0.1, 1e-4, 100),
        Temperature = fields.Number("temperature", 2, 0.01, 100),
        TeacherShare = fields.Number("teacher_share", 0.5, 0, 1),
        HiddenWeight = fields.Number("hidden_weight", 0, 0, 1000),
        Model = fields.Text("model", ""),
        Group = fields.Integer("group", 4, 2, 64),
        NewTokens = fields.Integer("new_tokens", 16, 1, 512),
    });

    private static PrivacyOptions? Privacy(FieldReader? f) => Checked<PrivacyOptions?>(f, null, fields => new PrivacyOptions
    {
        EpsilonMax = fields.Number("epsilon_max", 8, 1e-3, 1e6),
        Delta = fields.Number("delta", 1e-5, 1e-12, 0.1),
        GradientNormMax = fields.Number("max_grad_norm", 1, 1e-3, 1000),
        NoiseMultiplier = fields.Number("noise_multiplier", 1, 1e-3, 1000),
    });

    private static SearchOptions? Search(FieldReader? f) => Checked<SearchOptions?>(f, null, fields =>
    {
        var strategy = fields.OneOf("strategy", Strategies, "random");
        var trials = fields.Integer("trials", 8, 1, 1000);
        return new SearchOptions(strategy, trials, fields.Lists("fields"));
    });

    private static T Checked<T>(FieldReader? fields, T absent, Func<FieldReader, T> read)
    {
        if (fields is null)
        {
            return absent;
        }
        var value = read(fields);
        fields.RefuseUnknown();
        return value;
    }

    // Fields that are right alone and wrong together.
    private static void Contradictions(FieldReader f, Recipe r)
    {
        if (r is { Method: TrainingMethod.Head, UnfreezeEpochs: > 0 })
        {
            f.Error(f.LineOf("unfreeze_epochs"), "unfreeze_epochs", "has nothing to unfreeze with method head; use method full");
        }
        if (r.Privacy is not null && r.AccumulationSteps > 1)
        {
            f.Error(f.LineOf("privacy"), "privacy", "clips example by example and needs no gradient_accumulation_steps; raise per_device_train_batch_size instead");
        }
        if (r is { Init: StartingWeights.Random, Method: not TrainingMethod.Full })
        {
            f.Error(f.LineOf("init"), "init", "random weights must all learn; use method full");
        }
        if (r is { ProblemType: ProblemType.MultiLabelClassification, Stage: not TrainingStage.Task })
        {
            f.Error(f.LineOf("problem_type"), "problem_type", "multi_label_classification is for stage task");
        }
        if (r is { GradientCheckpointing: true, Stage: TrainingStage.Dpo or TrainingStage.Kto or TrainingStage.Rl })
        {
            f.Error(f.LineOf("gradient_checkpointing"), "gradient_checkpointing", "is not there for dpo, kto and rl; lower per_device_train_batch_size instead");
        }
        if (r.Stage == TrainingStage.Distill && r.Preference.Model.Length == 0)
        {
            f.Error(f.LineOf("stage"), "stage", "distill needs a teacher: preference: {model: NAME}");
        }
        if (r.BalancedSampling && r.Privacy is not null)
        {
            f.Error(f.LineOf("balanced_sampling"), "balanced_sampling", "contradicts privacy, whose guarantee needs every row drawn with the same chance");
        }
    }

    private static double DefaultRate(TrainingMethod method) => method switch
    {
        TrainingMethod.Head => 1e-2,
        TrainingMethod.Full or TrainingMethod.Freeze => 3e-4,
        TrainingMethod.Prefix or TrainingMethod.Prompt or TrainingMethod.Ia3 => 1e-2,
        _ => 1e-3,
    };
}
