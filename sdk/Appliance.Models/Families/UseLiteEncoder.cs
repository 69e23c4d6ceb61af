using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>USE-Lite behind the common interface: padded ids in, token vectors and the sentence vector out.</summary>
/// <remarks>b = batch, t = tokens. The model itself works on packed tokens; see <see cref="UseLite"/>.</remarks>
internal sealed class UseLiteEncoder : Encoder
{
    internal static Family Family { get; } = Family.Of("use-lite", Build);

    private readonly UseLite _inner = new();

    private UseLiteEncoder(ModelConfig config)
        : base(config, "UseLite")
    {
        foreach (var (name, child) in _inner.named_children())
        {
            register_module(name, child);
        }
    }

    public override int HiddenSize => UseLite.HiddenSize;

    public override double Epsilon => 1e-6;

    public override TorchSharp.Modules.Embedding WordEmbeddings => _inner.Words;

    public override ModelOutput Forward(ModelInput input)
    {
        var ids = input.InputIds ?? throw new ArgumentException("USE-Lite reads token ids.");
        var (b, t) = (ids.shape[0], ids.shape[1]);
        var (all, mask) = (ids.data<long>().ToArray(), input.AttentionMask?.data<long>().ToArray());
        var rows = Enumerable.Range(0, (int)b).Select(r => Enumerable.Range(0, (int)t)
            .Where(k => mask is null || mask[(r * t) + k] != 0).Select(k => (int)all[(r * t) + k]).ToArray()).ToArray();
        using var packed = new PackedBatch(rows, ids.device);
        var tokens = _inner.call(packed); // [n, 512]
        var padded = tokens.index_select(0, packed.ToPadded).view(b, packed.Length, HiddenSize).narrow(1, 0, Math.Min(t, packed.Length));
        var sentence = _inner.Pool(tokens, packed);
        return new ModelOutput
        {
            Last = padded, // real tokens in front, the rest means nothing
            Pooled = sentence / (sentence * sentence).sum(1, keepdim: true).sqrt(),
        };
    }

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        _ = (config.Texts("labels"), config.Int("max_length", UseLite.LengthMax), config.Int("hidden_size", UseLite.HiddenSize));
        if (kind is not (HeadKind.Base or HeadKind.BaseWithoutPooler))
        {
            config.Problem($"the head {kind} does not exist for this family");
        }
        config.GeometryIsInTensors();
        config.Check();
        return new UseLiteEncoder(config);
    }
}
