namespace Appliance.Storage.Audit;

/// <summary>Why nothing is taken in.</summary>
/// <param name="Code">For the record that says so.</param>
/// <param name="Words">For whoever was refused.</param>
internal sealed record Blockage(string Code, string Words)
{
    internal static Blockage Full { get; } = new("disk-full", "the disk is full");

    internal static Blockage File { get; } = new("file", "a file of the log cannot be written");

    /// <summary>Only a new start repairs it.</summary>
    internal static Blockage Writer { get; } = new("writer", "the writer broke");
}
