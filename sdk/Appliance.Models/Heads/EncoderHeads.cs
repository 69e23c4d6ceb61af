using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Heads;

/// <summary>A dense layer before the last one: its place, its activation, and where the last one stands.</summary>
public sealed record DenseHeadNames(string Dense, Func<Tensor, Tensor> Activation, string Output);

/// <summary>The places of a masked-language head; the decoder's matrix is the word table unless untied.</summary>
public sealed record MaskedHeadNames(string Dense, Func<Tensor, Tensor> Activation, string Norm, string Decoder, string Bias);

/// <summary>Where an encoder family keeps its heads.</summary>
/// <param name="Prefix">The base's place inside a model with a head, such as <c>bert</c>.</param>
/// <param name="FirstToken">How a sequence is classified from its first token; null for the pooled vector.</param>
public sealed record EncoderHeadNames(string Prefix, DenseHeadNames? FirstToken, MaskedHeadNames? Masked);

/// <summary>An encoder with a head; the head's tensors stand beside the base's prefix, as in the checkpoint.</summary>
/// <remarks>b = batch, t = tokens, h = hidden size, c = classes, v = vocabulary.</remarks>
public sealed class HeadedEncoder : Model
{
    private readonly Encoder _encoder;
    private readonly Func<ModelOutput, ModelOutput> _head;
    private Func<Tensor, Tensor>? _classify; // of sequences alone
    private Func<ModelOutput, Tensor>? _feature;

    public HeadedEncoder(Encoder encoder, EncoderHeadNames names, HeadKind kind)
        : base(encoder.Config, $"{encoder.GetName()}With{kind}")
    {
        _encoder = Add(names.Prefix, encoder);
        _head = kind switch
        {
            HeadKind.SequenceClassification => Sequence(names.FirstToken),
            HeadKind.TokenClassification => Token(),
            HeadKind.QuestionAnswering => Answer(),
            HeadKind.MaskedLanguage when names.Masked is { } masked => Masked(masked),
            HeadKind.ReplacedTokens => Replaced(),
            _ => throw new ModelConfigException(Config.File, [$"the head {kind} does not exist for this family"]),
        };
        var tiedCopies = kind == HeadKind.MaskedLanguage && Config.Flag("tie_word_embeddings", true)
            ? new[] { names.Masked!.Decoder + ".weight" } // a masked head was built above
            : [];
        Names = encoder.Names with { Ignored = [.. encoder.Names.Ignored, .. tiedCopies] };
    }

    public override TokenTable? WordEmbeddings => _encoder.WordEmbeddings;

    public override ModelOutput Forward(ModelInput input) => _head(_encoder.Forward(input));

    public override Tensor? Feature(ModelOutput output) => _feature?.Invoke(output);

    public override Tensor? Classify(Tensor feature) => _classify?.Invoke(feature);

    private Func<ModelOutput, ModelOutput> Sequence(DenseHeadNames? first)
    {
        var labels = Config.LabelCount;
        if (first is null)
        {
            var pooled = Add("classifier", new Projection(_encoder.HiddenSize, labels, bias: true));
            (_feature, _classify) = (body => body.Pooled!, vector => Wide.Of(pooled.call(vector))); // built with a pooler
            return body => body with { Logits = _classify(body.Pooled!) };
        }
        var dense = Add(first.Dense, new Projection(_encoder.HiddenSize, _encoder.HiddenSize, bias: true));
        var output = Add(first.Output, new Projection(_encoder.HiddenSize, labels, bias: true));
        (_feature, _classify) = (body => body.Last!.select(1, 0), vector => Wide.Of(output.call(first.Activation(dense.call(vector))))); // [b, h] → [b, c]
        return body => body with { Logits = _classify(_feature(body)) };
    }

    private Func<ModelOutput, ModelOutput> Token()
    {
        var classifier = Add("classifier", new Projection(_encoder.HiddenSize, Config.LabelCount, bias: true));
        return body => body with { Logits = Wide.Of(classifier.call(body.Last!)) }; // [b, t, c]
    }

    private Func<ModelOutput, ModelOutput> Answer()
    {
        var spans = Add("qa_outputs", new Projection(_encoder.HiddenSize, 2, bias: true));
        return body =>
        {
            var scores = Wide.Of(spans.call(body.Last!)).unbind(2); // [b, t, 2] → start, end [b, t]
            return body with { StartLogits = scores[0], EndLogits = scores[1] };
        };
    }

    private Func<ModelOutput, ModelOutput> Masked(MaskedHeadNames names)
    {
        var words = _encoder.WordEmbeddings!; // text encoders have one
        var (vocabulary, size) = (words.weight.shape[0], words.weight.shape[1]);
        var dense = Add(names.Dense, new Projection(_encoder.HiddenSize, size, bias: true));
        var norm = Add(names.Norm, new Norm(size, _encoder.Epsilon));
        var bias = AddParameter(names.Bias, vocabulary);
        var tied = Config.Flag("tie_word_embeddings", true);
        var own = tied ? null : AddParameter(names.Decoder + ".weight", vocabulary, size);
        return body =>
        {
            var x = norm.call(names.Activation(dense.call(body.Last!))); // [b, t, size]
            return body with { Logits = nn.functional.linear(x, own ?? words.Matrix, bias) }; // [b, t, v]
        };
    }

    private Func<ModelOutput, ModelOutput> Replaced()
    {
        var dense = Add("discriminator_predictions.dense", new Projection(_encoder.HiddenSize, _encoder.HiddenSize, bias: true));
        var output = Add("discriminator_predictions.dense_prediction", new Projection(_encoder.HiddenSize, 1, bias: true));
        var activation = Activation.Of(Config, "hidden_act", "gelu");
        return body => body with { Logits = Wide.Of(output.call(activation(dense.call(body.Last!)))).squeeze(-1) }; // [b, t]
    }
}
