namespace Appliance.Sdk.Recipes;

/// <summary>What a run teaches.</summary>
public enum TrainingStage
{
    /// <summary>A labelled task: classes, tags, answer spans, images.</summary>
    Task,

    /// <summary>Hidden words guessed from both sides, on plain text.</summary>
    PretrainMlm,

    /// <summary>The next word, on plain text packed into full blocks.</summary>
    PretrainClm,

    /// <summary>Answers to instructions; only the answers count.</summary>
    Sft,

    /// <summary>A task, with a larger model's answers as soft targets.</summary>
    Distill,

    /// <summary>A score for answers, from pairs of a preferred and a rejected one.</summary>
    Reward,

    /// <summary>Preferences without a reward model, from pairs.</summary>
    Dpo,

    /// <summary>Preferences from single answers marked good or bad.</summary>
    Kto,

    /// <summary>Answers of its own, scored by a rule or a reward model.</summary>
    Rl,
}

/// <summary>Which weights a training run moves.</summary>
public enum TrainingMethod
{
    /// <summary>All of them.</summary>
    Full,

    /// <summary>The head alone; the base is frozen and its features are computed once.</summary>
    Head,

    /// <summary>The last layers and the head.</summary>
    Freeze,

    /// <summary>Low-rank adapters beside the frozen base, and the head.</summary>
    Lora,

    /// <summary>Low-rank adapters scaled by α/√r.</summary>
    Rslora,

    /// <summary>Low-rank adapters with a learnt length for each row of the weight.</summary>
    Dora,

    /// <summary>Low-rank adapters beside a base in 4 bits.</summary>
    Qlora,

    /// <summary>Small bottlenecks after attention and feed-forward.</summary>
    Adapter,

    /// <summary>Learnt keys and values before the text, in every layer.</summary>
    Prefix,

    /// <summary>Learnt word vectors before the text.</summary>
    Prompt,

    /// <summary>Learnt factors on keys, values and the feed-forward.</summary>
    Ia3,

    /// <summary>Biases alone.</summary>
    Bitfit,
}

/// <summary>What the weights are before the first step.</summary>
public enum StartingWeights
{
    /// <summary>Those of the base model.</summary>
    Base,

    /// <summary>Random, in the shape of the base model: training from nothing.</summary>
    Random,
}

/// <summary>How many classes an example has, in the words of Hugging Face's configurations.</summary>
public enum ProblemType
{
    SingleLabelClassification,
    MultiLabelClassification,
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

    /// <summary>4 bits a weight on the NormalFloat grid, one scale a block.</summary>
    Nf4,
}

/// <summary>How the learning rate moves; all warm up linearly from 0 first.</summary>
public enum RateSchedule
{
    Linear,
    Cosine,
    CosineWithRestarts,
    Polynomial,
    Constant,
    ConstantWithWarmup,
    InverseSqrt,

    /// <summary>Up by a cosine for 30 % of the run, down by a cosine to almost nothing.</summary>
    OneCycle,
}

/// <summary>What moves the weights.</summary>
public enum OptimizerKind
{
    Adamw,

    /// <summary>Stochastic gradient descent with momentum.</summary>
    Sgd,
}

/// <summary>What a class counts in the loss.</summary>
public enum ClassWeights
{
    None,

    /// <summary>Rows / (classes · rows of the class).</summary>
    Balanced,
}

/// <summary>Against forgetting what the base knew.</summary>
public enum ForgettingGuard
{
    None,

    /// <summary>Weights that mattered to the base are held (elastic weight consolidation).</summary>
    Ewc,

    /// <summary>Old examples are mixed in.</summary>
    Replay,
}
