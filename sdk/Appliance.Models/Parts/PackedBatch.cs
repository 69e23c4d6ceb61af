using static TorchSharp.torch;

namespace Appliance.Models.Parts;

/// <summary>Several token sequences laid end to end, so that row-wise layers never compute on padding.</summary>
/// <remarks>
/// b = sequences, t = longest length rounded up to 8, n = all tokens rounded up to 64 with at least one spare row.
/// The rounding lets oneDNN and OpenBLAS meet the same few shapes again. Rows at and after the token count are spare:
/// nothing reads them back. Attention alone needs rows of equal length: <see cref="ToPadded"/> leads there,
/// <see cref="ToPacked"/> leads back.
/// </remarks>
public sealed class PackedBatch : IDisposable
{
    private const int TokensMultiple = 64;
    private const int LengthMultiple = 8;

    /// <param name="sequences">At least one; an empty sequence stands as one unknown token.</param>
    /// <param name="device">Where the model is.</param>
    public PackedBatch(IReadOnlyList<int[]> sequences, Device? device = null)
    {
        Sequences = sequences.Count;
        var tokens = sequences.Sum(s => Math.Max(1, s.Length));
        Length = RoundUp(sequences.Max(s => Math.Max(1, s.Length)), LengthMultiple);
        var rows = RoundUp(tokens + 1, TokensMultiple);
        var (ids, positions, toPacked) = (new long[rows], new long[rows], new long[rows]);
        var texts = new long[2 * Sequences];
        var toPadded = new long[Sequences * Length];
        var bias = new float[Sequences * Length];
        var pool = new float[Sequences * rows];
        Array.Fill(toPadded, rows - 1);
        Array.Fill(bias, -1e9f);
        var row = 0;
        for (var b = 0; b < Sequences; b++)
        {
            var sequence = sequences[b].Length == 0 ? [0] : sequences[b];
            (texts[2 * b], texts[(2 * b) + 1]) = (row, sequence.Length);
            for (var t = 0; t < sequence.Length; t++, row++)
            {
                (ids[row], positions[row], toPacked[row]) = (sequence[t], t, (b * Length) + t);
                toPadded[(b * Length) + t] = row;
                bias[(b * Length) + t] = 0;
                pool[(b * rows) + row] = 1f / sequence.Length;
            }
        }
        Texts = tensor(texts, [Sequences, 2]).DetachFromDisposeScope();
        Ids = tensor(ids, device: device).DetachFromDisposeScope();
        Positions = tensor(positions, device: device).DetachFromDisposeScope();
        ToPadded = tensor(toPadded, device: device).DetachFromDisposeScope();
        ToPacked = tensor(toPacked, device: device).DetachFromDisposeScope();
        AttentionBias = tensor(bias, [Sequences, 1, 1, Length], device: device).DetachFromDisposeScope();
        MeanPool = tensor(pool, [Sequences, rows], device: device).DetachFromDisposeScope();
    }

    /// <summary>b.</summary>
    public int Sequences { get; }

    /// <summary>t.</summary>
    public int Length { get; }

    /// <summary>[b, 2] first row and length of each sequence; on the CPU.</summary>
    public Tensor Texts { get; }

    /// <summary>[n] token ids.</summary>
    public Tensor Ids { get; }

    /// <summary>[n] place of each token in its sequence.</summary>
    public Tensor Positions { get; }

    /// <summary>[b·t] the packed row of each padded place; places without a token point to the last, spare row.</summary>
    public Tensor ToPadded { get; }

    /// <summary>[n] the padded place of each packed row.</summary>
    public Tensor ToPacked { get; }

    /// <summary>[b, 1, 1, t] 0 where a token is, −1e9 where none is.</summary>
    public Tensor AttentionBias { get; }

    /// <summary>[b, n] 1/length in the columns of a sequence's own tokens: the mean as one product.</summary>
    public Tensor MeanPool { get; }

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[Texts, Ids, Positions, ToPadded, ToPacked, AttentionBias, MeanPool])
        {
            tensor.Dispose();
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
