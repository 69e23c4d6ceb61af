using Appliance.Models.Config;

namespace Appliance.Models.Families;

/// <summary>A base model that turns a sequence into vectors; heads stand on it.</summary>
public abstract class Encoder(ModelConfig config, string name) : Model(config, name)
{
    /// <summary>Numbers per token.</summary>
    public abstract int HiddenSize { get; }

    /// <summary>Added to the variance in norms, so that nothing is divided by zero.</summary>
    public abstract double Epsilon { get; }

    /// <summary>Files of models with a head keep the base below this prefix.</summary>
    internal void KnowPrefix(string prefix) => Names = Names with { BasePrefix = prefix };
}
