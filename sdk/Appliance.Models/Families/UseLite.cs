using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Families;

/// <summary>Universal Sentence Encoder Lite: two pre-LN Transformer layers, 256 then 512 wide, 4 heads.</summary>
/// <remarks>
/// Source: Cer et al., Universal Sentence Encoder (2018); layout read off the published graph. n = packed tokens,
/// b = sequences, t = padded length. Parameter names are the checkpoint's names.
/// </remarks>
public sealed class UseLite : Module<PackedBatch, Tensor>
{
    public const int HiddenSize = 512;
    public const int LengthMax = 128;
    private const int EmbeddingSize = 256;
    private const int VocabularySize = 8002;
    private readonly TokenTable _embeddings;
    private readonly ModuleList<UseLiteLayer> _layer;
    private readonly Projection _pooler;
    private readonly TimingSignal _timing;

    public UseLite()
        : base(nameof(UseLite))
    {
        register_module("embeddings", _embeddings = new TokenTable(VocabularySize, EmbeddingSize));
        register_module("timing", _timing = new TimingSignal(EmbeddingSize));
        register_module("layer", _layer = new ModuleList<UseLiteLayer>(
            new UseLiteLayer(EmbeddingSize, HiddenSize), new UseLiteLayer(HiddenSize, HiddenSize)));
        register_module("pooler", _pooler = new Projection(HiddenSize, HiddenSize));
    }

    internal TokenTable Words => _embeddings;

    /// <summary>The projections that LoRA targets by default, under their names.</summary>
    public IEnumerable<(string Name, Projection Projection)> Projections =>
        named_modules().Where(m => m.module is Projection).Select(m => (m.name, (Projection)m.module));

    // batch → token vectors [n, 512]
    public override Tensor forward(PackedBatch input)
    {
        var embedded = _embeddings.call(input.Ids) * 2; // the published graph adds the embedding twice
        var x = embedded + _timing.call(input.Positions); // [n, 256]
        foreach (var layer in _layer)
        {
            x = layer.call(x, input);
        }
        return x;
    }

    /// <summary>[n, 512] → tanh of the projected mean of each sequence, [b, 512].</summary>
    public Tensor Pool(Tensor tokens, PackedBatch batch) => _pooler.call(batch.MeanPool.mm(tokens)).tanh();

    /// <summary>Unit-length sentence vectors [b, 512], as the published model gives them.</summary>
    public Tensor Embed(PackedBatch batch)
    {
        var pooled = Pool(call(batch), batch);
        return pooled / (pooled * pooled).sum(1, keepdim: true).sqrt();
    }
}

/// <summary>One Transformer layer; the first one also widens 256 to 512 and so needs a projected residual.</summary>
public sealed class UseLiteLayer : Module<Tensor, PackedBatch, Tensor>
{
    private const int Heads = 4;
    private const double Epsilon = 1e-6;
    private readonly int _inputSize;
    private readonly LayerNorm _attentionNorm;
    private readonly LayerNorm _feedForwardNorm;
    private readonly Projection _qkv;
    private readonly Projection _attentionOut;
    private readonly Projection? _residual;
    private readonly Projection _fc1;
    private readonly Projection _fc2;

    internal UseLiteLayer(int inputSize, int outputSize)
        : base(nameof(UseLiteLayer))
    {
        _inputSize = inputSize;
        register_module("attn_ln", _attentionNorm = LayerNorm(inputSize, Epsilon));
        register_module("qkv", _qkv = new Projection(inputSize, 3 * inputSize));
        register_module("attn_out", _attentionOut = new Projection(inputSize, outputSize));
        if (inputSize != outputSize)
        {
            register_module("residual_proj", _residual = new Projection(inputSize, outputSize));
        }
        register_module("ffn_ln", _feedForwardNorm = LayerNorm(outputSize, Epsilon));
        register_module("fc1", _fc1 = new Projection(outputSize, 1536));
        register_module("fc2", _fc2 = new Projection(1536, outputSize));
    }

    // x [n, in] → [n, out]
    public override Tensor forward(Tensor input1, PackedBatch input2)
    {
        var attended = _attentionOut.call(Attend(_qkv.call(_attentionNorm.call(input1)), input2));
        var x = (_residual?.call(input1) ?? input1) + attended;
        return x + _fc2.call(_fc1.call(_feedForwardNorm.call(x)).relu());
    }

    // z [n, 3·in] → context [n, in]; only here the sequences stand as rows of equal length
    private Tensor Attend(Tensor z, PackedBatch batch)
    {
        var (b, t, size) = (batch.Sequences, batch.Length, _inputSize / Heads);
        if (PackedAttention.Serves(z, Heads))
        {
            return PackedAttention.Attend(z, batch.Texts, Heads, 1 / Math.Sqrt(size));
        }
        var heads = z.index_select(0, batch.ToPadded).view(b, t, 3, Heads, size).permute(2, 0, 3, 1, 4).unbind(0);
        var (q, k, v) = (heads[0] * (1 / Math.Sqrt(size)), heads[1], heads[2]); // each [b, 4, t, size]
        var weights = (q.matmul(k.transpose(2, 3)) + batch.AttentionBias).softmax(-1); // [b, 4, t, t]
        var context = weights.matmul(v).permute(0, 2, 1, 3).reshape(b * t, _inputSize);
        return context.index_select(0, batch.ToPacked);
    }
}

/// <summary>Positions as sines and cosines of falling frequency, with nothing to learn.</summary>
public sealed class TimingSignal : Module<Tensor, Tensor>
{
    private readonly Tensor _timescales;

    internal TimingSignal(int size)
        : base(nameof(TimingSignal)) =>
        register_buffer("inv_timescales", _timescales = zeros([size / 2]));

    // positions [n] → [n, size]
    public override Tensor forward(Tensor input)
    {
        var scales = _timescales.to(input.device).unsqueeze(0);
        var angles = input.to(ScalarType.Float32).unsqueeze(1) * scales; // [n, size/2]
        return cat([angles.sin(), angles.cos()], 1);
    }
}
