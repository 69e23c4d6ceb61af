namespace Appliance.Training.Search;

/// <summary>One setting that was tried.</summary>
/// <param name="Number">From 0; the same for the same recipe and seed.</param>
/// <param name="Fields">Recipe fields that it sets.</param>
/// <param name="Epochs">Passes over the training part that it had.</param>
/// <param name="Metric">Of the validation part; higher is better. The test part is never looked at.</param>
public sealed record Trial(int Number, IReadOnlyDictionary<string, string> Fields, int Epochs, double Metric);
