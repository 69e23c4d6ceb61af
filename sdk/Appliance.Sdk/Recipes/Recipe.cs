namespace Appliance.Sdk.Recipes;

/// <summary>Which weights a training run moves.</summary>
public enum TrainingMethod
{
    /// <summary>All of them.</summary>
    Full,

    /// <summary>The head alone; the base is frozen and its features are computed once.</summary>
    Head,

    /// <summary>Low-rank adapters beside the frozen base, and the head.</summary>
    Lora,
}

/// <summary>In which numbers products are computed; weights, sums and results stay in float32.</summary>
public enum Precision
{
    Fp32,
    Bf16,

    /// <summary>Bf16 where the processor has instructions for it.</summary>
    Auto,
}

/// <summary>How the finished model's weights are stored while it answers.</summary>
public enum Quantization
{
    None,

    /// <summary>8 bits a weight, one scale an output; inputs are quantised as they come.</summary>
    Int8,
}

/// <summary>Size of the low-rank adapters.</summary>
/// <param name="Rank">1 to 256, default 8.</param>
/// <param name="Alpha">Scale of the adapter's output is Alpha / Rank; default 16.</param>
/// <param name="Dropout">0 to 0.9, default 0.</param>
public sealed record LoraOptions(int Rank, double Alpha, double Dropout);

/// <summary>What to train and how: one YAML file that an operator writes and the model's passport keeps.</summary>
/// <param name="BaseModel">Name of a registered base model.</param>
/// <param name="Task">Task of an installed plugin, such as <c>sentiment</c>.</param>
/// <param name="BatchSize">Examples per optimizer step, 1 to 4,096, default 32.</param>
/// <param name="LearningRate">Peak step size, unitless, above 0 to 1.</param>
/// <param name="Epochs">Passes over the training set, 1 to 1,000, default 5.</param>
/// <param name="WarmupRatio">Share of all steps in which the rate rises from 0, 0 to 1, default 0.1; then it falls linearly to 0.</param>
/// <param name="WeightDecay">0 to 1, default 0.01; norms and biases have none.</param>
/// <param name="GradientNormMax">Gradients are clipped to this norm, 0 (off) to 1,000, default 1.</param>
/// <param name="LabelSmoothing">0 to 0.5, default 0.</param>
/// <param name="LengthMax">Tokens per example that count, 8 to 512, default 128.</param>
/// <param name="Patience">Evaluations (one an epoch) without improvement before the run ends early; 0 never, default 3.</param>
/// <param name="Threshold">An improvement smaller than this does not count, 0 to 1, default 0.</param>
/// <param name="BestMetric">What decides on the best checkpoint: <c>accuracy</c> or <c>macro_f1</c> (default).</param>
/// <param name="Precision"><c>fp32</c> (default), <c>bf16</c> or <c>auto</c>; the passport says which was used.</param>
/// <param name="Seed">Start of every random choice, default 1.</param>
/// <param name="Quantize"><c>none</c> (default) or <c>int8</c>: the model is scored and served with 8-bit weights, and the passport
/// has its accuracy before and after.</param>
public sealed record Recipe(
    string BaseModel,
    string Task,
    TrainingMethod Method,
    LoraOptions Lora,
    int BatchSize,
    double LearningRate,
    int Epochs,
    double WarmupRatio,
    double WeightDecay,
    double GradientNormMax,
    double LabelSmoothing,
    int LengthMax,
    int Patience,
    double Threshold,
    string BestMetric,
    Precision Precision,
    int Seed,
    Quantization Quantize);
