namespace Appliance.Models.Checkpoints;

/// <summary>A checkpoint does not fit the model that its configuration describes; nothing of it was kept.</summary>
public sealed class CheckpointException(string folder, IReadOnlyList<string> problems)
    : Exception($"The weights in {folder} do not fit: {string.Join("; ", problems.Take(8))}{(problems.Count > 8 ? $"; and {problems.Count - 8} more" : "")}.")
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
