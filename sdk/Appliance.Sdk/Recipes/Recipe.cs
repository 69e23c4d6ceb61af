namespace Appliance.Sdk.Recipes;

/// <summary>What to train and how: one YAML file that an operator writes and the model's passport keeps.</summary>
public sealed record Recipe
{
    /// <summary>Name of a registered base model.</summary>
    public required string BaseModel { get; init; }

    /// <summary>Task of an installed plugin, such as <c>sentiment</c>.</summary>
    public required string Task { get; init; }

    public TrainingStage Stage { get; init; } = TrainingStage.Task;

    public TrainingMethod Method { get; init; } = TrainingMethod.Full;

    /// <summary>Whether the weights of the base are taken or only its shape; for training from nothing, and to see what transfer gives.</summary>
    public StartingWeights Init { get; init; } = StartingWeights.Base;

    /// <summary>One class an example (default), or any number of them, written in the label column with <c>|</c> between.</summary>
    public ProblemType ProblemType { get; init; } = ProblemType.SingleLabelClassification;

    public LoraOptions Lora { get; init; } = new();

    /// <summary>Width of the <c>adapter</c> method's bottleneck, 1 to 1,024, default 64.</summary>
    public int BottleneckSize { get; init; } = 64;

    /// <summary>Learnt vectors of the <c>prefix</c> and <c>prompt</c> methods, 1 to 512, default 20.</summary>
    public int VirtualTokens { get; init; } = 20;

    /// <summary>Layers, from the last, that <c>freeze</c> trains, 0 to 1,000, default 1.</summary>
    public int TrainedLayers { get; init; } = 1;

    /// <summary>Examples per forward pass, 1 to 4,096, default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Forward passes per optimizer step, 1 to 1,024, default 1; their losses weigh as in one large batch.</summary>
    public int AccumulationSteps { get; init; } = 1;

    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adamw;

    /// <summary>0 to 0.999, default 0.9; for <c>sgd</c>.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Peak step size, unitless, above 0 to 1.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Passes over the training set, 1 to 1,000, default 5.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Optimizer steps in all; 0 (default) to count <see cref="Epochs"/>.</summary>
    public long StepsMax { get; init; }

    public RateSchedule Schedule { get; init; } = RateSchedule.Linear;

    /// <summary>Share of all steps in which the rate rises from 0, 0 to 1, default 0.1.</summary>
    public double WarmupRatio { get; init; } = 0.1;

    /// <summary>Steps in which the rate rises from 0; 0 (default) to use <see cref="WarmupRatio"/>.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Factor of the rate from each layer to the one below it, 0.1 to 1 (default: all the same).</summary>
    public double LayerwiseDecay { get; init; } = 1;

    /// <summary>Epochs after which one more layer, from the last, begins to learn; 0 (default) for all at once.</summary>
    public int UnfreezeEpochs { get; init; }

    /// <summary>0 to 1, default 0.01; norms and biases have none.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Gradients are clipped to this norm, 0 (off) to 1,000, default 1.</summary>
    public double GradientNormMax { get; init; } = 1;

    /// <summary>0 to 0.5, default 0.</summary>
    public double LabelSmoothing { get; init; }

    public ClassWeights ClassWeights { get; init; }

    /// <summary>Answers whose score promises less than this accuracy, measured on the validation rows, are marked as unsure; 0 (default) for none, to 1.</summary>
    public double AbstainAccuracy { get; init; }

    /// <summary>Share of features dropped; −1 (default) for what the base model says.</summary>
    public double Dropout { get; init; } = -1;

    /// <summary>Tokens per example that count, 8 to 8,192, default 128.</summary>
    public int LengthMax { get; init; } = 128;

    /// <summary>Whether examples of like length share a batch.</summary>
    public bool GroupByLength { get; init; }

    /// <summary>Whether short texts share a row, without seeing each other (<c>sft</c>, <c>pretrain_clm</c>).</summary>
    public bool Packing { get; init; }

    /// <summary>Whether every class is drawn equally often.</summary>
    public bool BalancedSampling { get; init; }

    /// <summary>Whether the order changes from epoch to epoch; default true.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Share of words that <c>pretrain_mlm</c> hides, 0.01 to 0.9, default 0.15.</summary>
    public double MaskedShare { get; init; } = 0.15;

    /// <summary>Whether <c>pretrain_mlm</c> hides all pieces of a word together.</summary>
    public bool WholeWords { get; init; }

    /// <summary>Whether activations of the layers are computed again in the backward pass, to save memory.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Steps between evaluations; 0 (default) for one after each epoch.</summary>
    public int EvaluationSteps { get; init; }

    /// <summary>Steps between checkpoints, 1 to 1,000,000, default 500; one more follows every evaluation.</summary>
    public int SaveSteps { get; init; } = 500;

    /// <summary>Steps between reports; 0 (default) for four a second.</summary>
    public int LoggingSteps { get; init; }

    /// <summary>Evaluations without improvement before the run ends early; 0 never, default 3.</summary>
    public int Patience { get; init; } = 3;

    /// <summary>An improvement smaller than this does not count, 0 to 1, default 0.</summary>
    public double Threshold { get; init; }

    /// <summary>What decides on the best checkpoint: <c>macro_f1</c> (default), <c>accuracy</c>, <c>f1</c>, <c>exact_match</c> or <c>loss</c>.</summary>
    public string BestMetric { get; init; } = "macro_f1";

    /// <summary>Whether the best evaluation's weights are the result; default true.</summary>
    public bool LoadBest { get; init; } = true;

    /// <summary><c>fp32</c> (default), <c>bf16</c> or <c>auto</c>; the passport says which was used.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    public ForgettingGuard Forgetting { get; init; }

    /// <summary>Strength of <c>ewc</c> (above 0, default 100), or share of old examples of <c>replay</c> (0 to 1, default 0.1).</summary>
    public double ForgettingStrength { get; init; }

    public AugmentationOptions Augment { get; init; } = new();

    public PreferenceOptions Preference { get; init; } = new();

    /// <summary>Null for learning without differential privacy.</summary>
    public PrivacyOptions? Privacy { get; init; }

    /// <summary>Null for one run as it stands.</summary>
    public SearchOptions? Search { get; init; }

    /// <summary>Start of every random choice, default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The model is scored and served like this, and the passport has its accuracy before and after.</summary>
    public Quantization Quantize { get; init; }
}
