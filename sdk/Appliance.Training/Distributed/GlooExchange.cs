using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Training.Distributed;

/// <summary>Data-parallel learning over processes: each works on its part of every batch, the gradients are added up.</summary>
public sealed class GlooExchange : IGradientExchange
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ProcessGroup _group;

    /// <param name="place">host:port of the first process.</param>
    /// <exception cref="IOException">The processes did not come together within two minutes.</exception>
    /// <exception cref="ArgumentException">The place is not host:port, or the rank is not below the size.</exception>
    public GlooExchange(string place, int rank, int size)
    {
        if (place.Split(':') is not [var host, var number] || !int.TryParse(number, out var port) || rank < 0 || rank >= size)
        {
            throw new ArgumentException("--nodes is HOST:PORT of the first process; --rank is from 0 to below --world.");
        }
        (Rank, Size) = (rank, size);
        _group = ProcessGroup.Open(host, port, rank, size, Patience);
    }

    public int Rank { get; }

    public int Size { get; }

    public double Sum(double value)
    {
        using var one = tensor([(float)value]).DetachFromDisposeScope();
        _group.Sum([one]);
        return one.item<float>();
    }

    public double Sum(double loss, IEnumerable<Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var learning = parameters.Where(p => p.requires_grad).ToArray();
        foreach (var parameter in learning.Where(p => p.grad is null))
        {
            parameter.grad = zeros(parameter.shape, device: parameter.device); // this process had nothing for it; the others may
        }
        var value = tensor([(float)loss]);
        _group.Sum([.. learning.Select(p => p.grad!), value]); // set above
        return value.item<float>();
    }

    public void Dispose() => _group.Dispose();
}
