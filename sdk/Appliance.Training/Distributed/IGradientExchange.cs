using TorchSharp.Modules;

namespace Appliance.Training.Distributed;

/// <summary>Several processes that learn one model together, each on its part of every batch.</summary>
public interface IGradientExchange : IDisposable
{
    /// <summary>0 for the first process.</summary>
    int Rank { get; }

    /// <summary>Processes in all, 1 or more.</summary>
    int Size { get; }

    /// <summary>The sum of a number over all processes.</summary>
    /// <exception cref="IOException">A process was lost; the last checkpoint is good.</exception>
    double Sum(double value);

    /// <summary>A number of every process, by rank.</summary>
    /// <exception cref="IOException">A process was lost.</exception>
    IReadOnlyList<double> Gather(double value) => [.. Enumerable.Range(0, Size).Select(k => Sum(k == Rank ? value : 0))];

    /// <summary>Replaces every gradient by its sum over all processes, and gives the sum of the losses.</summary>
    /// <exception cref="IOException">A process was lost; the last checkpoint is good.</exception>
    double Sum(double loss, IEnumerable<Parameter> parameters);
}
