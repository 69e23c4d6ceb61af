using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>One example as the loop uses it; each task sets what it reads.</summary>
public sealed record Item
{
    /// <summary>Value of a label that does not count in the loss.</summary>
    public const long Ignored = -100;

    /// <summary>Token ids, special tokens included.</summary>
    public int[] Ids { get; init; } = [];

    /// <summary>Segment of each token; null for all 0.</summary>
    public int[]? Segments { get; init; }

    /// <summary>Number of the class, or where an answer begins.</summary>
    public long Label { get; init; }

    /// <summary>Where an answer ends.</summary>
    public long Last { get; init; }

    /// <summary>One label a token, <see cref="Ignored"/> where none counts; or one 0/1 a class.</summary>
    public long[]? Labels { get; init; }

    /// <summary>[channels, height, width] of an image.</summary>
    public float[]? Pixels { get; init; }

    /// <summary>The rejected answer of a pair; this one is the preferred.</summary>
    public Item? Rejected { get; init; }

    /// <summary>Which text each token of a packed row belongs to, from 0; null for one text.</summary>
    public int[]? Texts { get; init; }

    /// <summary>[1, h] what a frozen base says of it; null to ask the base.</summary>
    public Tensor? Features { get; init; }

    /// <summary>What turning an answer back into text needs; the task's own.</summary>
    public object? Source { get; init; }
}
