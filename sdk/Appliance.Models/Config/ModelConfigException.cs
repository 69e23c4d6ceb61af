namespace Appliance.Models.Config;

/// <summary>A model's settings were refused; every problem is named. Nothing of the model was loaded.</summary>
public sealed class ModelConfigException(string file, IReadOnlyList<string> problems)
    : Exception($"{file} cannot be used: {string.Join("; ", problems)}.")
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
