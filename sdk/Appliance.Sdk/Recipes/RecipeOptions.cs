namespace Appliance.Sdk.Recipes;

/// <summary>Size of the low-rank adapters.</summary>
public sealed record LoraOptions
{
    /// <summary>1 to 256, default 8.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The adapter's output is scaled by Alpha / Rank (rslora: Alpha / √Rank); default 16.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs dropped in training, 0 to 0.9, default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>Ends of the names of the projections; empty for all of the base.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];
}

/// <summary>What is changed about examples before each step, all off by default.</summary>
public sealed record AugmentationOptions
{
    /// <summary>Share of tokens left out, 0 to 0.5.</summary>
    public double TokenDropout { get; init; }

    /// <summary>Share of neighbouring words that change places, 0 to 0.5.</summary>
    public double WordSwap { get; init; }

    /// <summary>Share of words replaced by the mask token, the rarer ones first, 0 to 0.5.</summary>
    public double MaskBackoff { get; init; }

    /// <summary>Whether images are mirrored at random.</summary>
    public bool Flip { get; init; }

    /// <summary>Pixels that an image is moved by at most, 0 to 32.</summary>
    public int Crop { get; init; }

    /// <summary>Largest share by which brightness and contrast change, 0 to 1.</summary>
    public double Color { get; init; }

    /// <summary>α of the Beta distribution that mixes pairs of images, 0 (off) to 10.</summary>
    public double Mixup { get; init; }

    /// <summary>Side of a square that is blanked, in pixels, 0 to 64.</summary>
    public int Cutout { get; init; }
}

/// <summary>Differentially private learning.</summary>
/// <remarks>Source: Abadi et al., Deep Learning with Differential Privacy (2016).</remarks>
public sealed record PrivacyOptions
{
    /// <summary>ε that must not be passed, above 0; the run ends before the step that would.</summary>
    public double EpsilonMax { get; init; } = 8;

    /// <summary>δ, above 0 to below 1, default 1e-5.</summary>
    public double Delta { get; init; } = 1e-5;

    /// <summary>Each example's gradient is clipped to this norm, default 1.</summary>
    public double GradientNormMax { get; init; } = 1;

    /// <summary>Standard deviation of the noise over the norm, default 1.</summary>
    public double NoiseMultiplier { get; init; } = 1;
}

/// <summary>How preferences, rewards and teachers pull.</summary>
public sealed record PreferenceOptions
{
    /// <summary>How strongly a policy is held to its start, above 0, default 0.1 (DPO, KTO, RL).</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Divides teacher and student scores, above 0, default 2 (distillation).</summary>
    public double Temperature { get; init; } = 2;

    /// <summary>Share of the teacher in the loss, 0 to 1, default 0.5.</summary>
    public double TeacherShare { get; init; } = 0.5;

    /// <summary>Weight of the distance between last hidden states, 0 (off) or more.</summary>
    public double HiddenWeight { get; init; }

    /// <summary>Folder or name of the teacher or the reward model; empty for none.</summary>
    public string Model { get; init; } = "";

    /// <summary>Answers sampled for each prompt, 2 to 64, default 4 (RL).</summary>
    public int Group { get; init; } = 4;

    /// <summary>Tokens written for an answer, 1 to 512, default 16 (RL).</summary>
    public int NewTokens { get; init; } = 16;
}

/// <summary>Which recipe fields are tried, and how.</summary>
/// <param name="Strategy"><c>grid</c>, <c>random</c> or <c>asha</c>.</param>
/// <param name="Trials">How many are tried at most, 1 to 1,000; a grid may have fewer.</param>
/// <param name="Fields">Field → values.</param>
public sealed record SearchOptions(string Strategy, int Trials, IReadOnlyDictionary<string, IReadOnlyList<string>> Fields);
