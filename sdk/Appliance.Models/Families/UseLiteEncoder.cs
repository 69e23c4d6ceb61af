using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>USE-Lite behind the common interface: padded ids in; token vectors, the sentence vector or a head's scores out.</summary>
/// <remarks>
/// b = batch, t = tokens, c = classes. The model itself works on packed tokens; see <see cref="UseLite"/>. With a head, the
/// sentence vector is the pooler's own and not brought to length 1, and the encoder's names stay at the top.
/// </remarks>
internal sealed class UseLiteEncoder : Encoder
{
    internal static Family Family { get; } = Family.Of("use-lite", Build);

    private readonly UseLite _inner = new();
    private readonly HeadKind _kind;
    private readonly Projection? _head;

    private UseLiteEncoder(ModelConfig config, HeadKind kind)
        : base(config, "UseLite")
    {
        _kind = kind;
        foreach (var (name, child) in _inner.named_children())
        {
            register_module(name, child);
        }
        _head = kind switch
        {
            HeadKind.SequenceClassification or HeadKind.TokenClassification => Add("classifier", new Projection(HiddenSize, config.LabelCount, bias: true)),
            HeadKind.QuestionAnswering => Add("qa_outputs", new Projection(HiddenSize, 2, bias: true)),
            _ => null,
        };
    }

    public override int HiddenSize => UseLite.HiddenSize;

    public override double Epsilon => 1e-6;

    public override TokenTable WordEmbeddings => _inner.Words;

    public override ModelOutput Forward(ModelInput input)
    {
        var ids = input.InputIds ?? throw new ArgumentException("USE-Lite reads token ids.");
        using var packed = Packed(ids, input.AttentionMask);
        var tokens = _inner.call(packed); // [n, 512]
        if (_kind == HeadKind.SequenceClassification)
        {
            var pooled = _inner.Pool(tokens, packed);
            return new ModelOutput { Pooled = pooled, Logits = Wide.Of(_head!.call(pooled)) }; // made for this head
        }
        var (b, t) = (ids.shape[0], ids.shape[1]);
        var padded = tokens.index_select(0, packed.ToPadded).view(b, packed.Length, HiddenSize);
        padded = packed.Length >= t ? padded.narrow(1, 0, t) : nn.functional.pad(padded, [0, 0, 0, t - packed.Length]); // real tokens in front
        if (_head is not null)
        {
            return Tagged(padded);
        }
        var sentence = _inner.Pool(tokens, packed);
        return new ModelOutput { Last = padded, Pooled = sentence / (sentence * sentence).sum(1, keepdim: true).sqrt() };
    }

    public override Tensor? Feature(ModelOutput output) => _kind == HeadKind.SequenceClassification ? output.Pooled : null;

    public override Tensor? Classify(Tensor feature) => _head is null ? null : Wide.Of(_head.call(feature));

    private ModelOutput Tagged(Tensor tokens)
    {
        var scores = Wide.Of(_head!.call(tokens)); // [b, t, c]; asked only with a head
        if (_kind == HeadKind.TokenClassification)
        {
            return new ModelOutput { Last = tokens, Logits = scores };
        }
        var ends = scores.unbind(2);
        return new ModelOutput { Last = tokens, StartLogits = ends[0], EndLogits = ends[1] };
    }

    private static PackedBatch Packed(Tensor ids, Tensor? mask)
    {
        var (b, t) = (ids.shape[0], ids.shape[1]);
        var (all, seen) = (ids.cpu().data<long>().ToArray(), mask?.cpu().data<long>().ToArray());
        var rows = Enumerable.Range(0, (int)b).Select(r => Enumerable.Range(0, (int)t)
            .Where(k => seen is null || seen[(r * t) + k] != 0).Select(k => (int)all[(r * t) + k]).ToArray()).ToArray();
        return new PackedBatch(rows, ids.device);
    }

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        _ = (config.Texts("labels"), config.Int("max_length", UseLite.LengthMax), config.Int("hidden_size", UseLite.HiddenSize), config.Text("quantize", "none"));
        if (kind is HeadKind.MaskedLanguage or HeadKind.CausalLanguage)
        {
            config.Problem($"the head {kind} does not exist for this family");
        }
        config.GeometryIsInTensors();
        config.Check();
        return new UseLiteEncoder(config, kind);
    }
}
