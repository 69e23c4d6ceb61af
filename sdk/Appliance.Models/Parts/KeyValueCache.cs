using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Keys and values of the tokens seen so far, per layer: each token is computed once.</summary>
/// <remarks>
/// b = batch, g = key heads, s = room for tokens, d = head size. The room is made once and written in place; under a
/// gradient (a learnt prefix) the parts are concatenated instead.
/// </remarks>
public sealed class KeyValueCache : IDisposable
{
    private readonly List<(Tensor Key, Tensor Value)> _layers = [];
    private readonly long _capacity;

    /// <param name="capacity">The most tokens that will stand in it, 1 or more.</param>
    public KeyValueCache(long capacity) => _capacity = capacity;

    /// <summary>A learnt prefix: keys and values [b, g, n, d] of every layer.</summary>
    public KeyValueCache(IEnumerable<(Tensor Key, Tensor Value)> prefix)
    {
        _layers.AddRange(prefix);
        Length = _layers.Count > 0 ? _layers[0].Key.shape[2] : 0;
    }

    /// <summary>Tokens in the cache before the step that runs now.</summary>
    public long Length { get; private set; }

    /// <summary>Puts the new tokens behind the old ones; k, v [b, g, t, d] → all of them [b, g, Length + t, d].</summary>
    public (Tensor Key, Tensor Value) Append(int layer, Tensor key, Tensor value)
    {
        if (_capacity == 0)
        {
            var (k, v) = _layers[layer];
            return (cat([k, key], 2), cat([v, value], 2));
        }
        if (layer == _layers.Count)
        {
            var shape = key.shape;
            long[] room = [shape[0], shape[1], _capacity, shape[3]];
            _layers.Add((empty(room, key.dtype, key.device).DetachFromDisposeScope(),
                empty(room, value.dtype, value.device).DetachFromDisposeScope()));
        }
        var t = key.shape[2];
        var (keys, values) = _layers[layer];
        keys.narrow(2, Length, t).copy_(key);
        values.narrow(2, Length, t).copy_(value);
        return (keys.narrow(2, 0, Length + t), values.narrow(2, 0, Length + t));
    }

    /// <summary>After a whole step: the tokens of this step count as seen.</summary>
    public void Advance(long tokens) => Length += tokens;

    /// <summary>Keeps these rows of the batch, in this order: for beams, and for sequences that have ended.</summary>
    public void Reorder(Tensor rows)
    {
        for (var k = 0; k < _layers.Count; k++)
        {
            var (key, value) = _layers[k];
            _layers[k] = (key.index_select(0, rows).DetachFromDisposeScope(), value.index_select(0, rows).DetachFromDisposeScope());
            key.Dispose();
            value.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var (key, value) in _layers)
        {
            key.Dispose();
            value.Dispose();
        }
    }
}
