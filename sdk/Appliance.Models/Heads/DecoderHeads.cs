using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Heads;

/// <summary>Where a decoder family keeps its base and the matrix that makes scores of words.</summary>
/// <param name="Tied">The matrix is the word table; the file need not have it.</param>
internal sealed record DecoderHeadNames(string Prefix, string Language, bool Tied, bool Bias = false);

/// <summary>A decoder with a head.</summary>
/// <remarks>b = batch, t = tokens, h = hidden size, v = vocabulary, c = classes.</remarks>
internal sealed class HeadedDecoder : Model
{
    private readonly Decoder _decoder;
    private readonly Func<ModelInput, ModelOutput, Tensor>? _head;
    private readonly Projection? _spans;

    internal HeadedDecoder(Decoder decoder, DecoderHeadNames names, HeadKind kind)
        : base(decoder.Config, $"{decoder.GetName()}With{kind}")
    {
        _decoder = Add(names.Prefix, decoder);
        Names = decoder.Names;
        if (kind == HeadKind.QuestionAnswering)
        {
            _spans = Add("qa_outputs", new Projection(decoder.HiddenSize, 2, bias: true));
            return;
        }
        _head = kind switch
        {
            HeadKind.CausalLanguage => Language(names),
            HeadKind.SequenceClassification => Sequence(),
            HeadKind.TokenClassification => Token(),
            _ => throw new ModelConfigException(Config.File, [$"the head {kind} does not exist for this family"]),
        };
    }

    public override TokenTable WordEmbeddings => _decoder.WordEmbeddings;

    public override ModelOutput Forward(ModelInput input)
    {
        var body = _decoder.Forward(input);
        if (_spans is not null)
        {
            var scores = Wide.Of(_spans.call(body.Last!)).unbind(2); // [b, t, 2] → start, end [b, t]
            return body with { StartLogits = scores[0], EndLogits = scores[1] };
        }
        return body with { Logits = _head!(input, body) }; // one of the two is made
    }

    private Func<ModelInput, ModelOutput, Tensor> Language(DecoderHeadNames names)
    {
        if (names.Tied)
        {
            Names = Names with { Ignored = [.. Names.Ignored, names.Language + ".weight"] };
            var words = _decoder.WordEmbeddings;
            return (_, body) => Words.Scores(body.Last!, words.Matrix); // [b, t, h] → [b, t, v]
        }
        var matrix = Add(names.Language, new Projection(_decoder.HiddenSize, _decoder.WordEmbeddings.weight.shape[0], names.Bias));
        return (_, body) => Wide.Of(matrix.call(body.Last!));
    }

    // The last token before the padding speaks for the sequence.
    private Func<ModelInput, ModelOutput, Tensor> Sequence()
    {
        var score = Add("score", new Projection(_decoder.HiddenSize, Config.LabelCount, bias: false));
        var padding = Config.Int("pad_token_id", -1, min: -1);
        return (input, body) =>
        {
            var (all, t) = (Wide.Of(score.call(body.Last!)), body.Last!.shape[1]); // [b, t, c]
            if (padding < 0 || input.InputIds is null)
            {
                return all.select(1, t - 1);
            }
            var first = input.InputIds.eq(padding).to(ScalarType.Int64).argmax(1); // 0 where there is no padding
            var last = where(first.eq(0), first + (t - 1), first - 1);
            return all.gather(1, last.view(-1, 1, 1).expand(last.shape[0], 1, all.shape[2])).squeeze(1);
        };
    }

    private Func<ModelInput, ModelOutput, Tensor> Token()
    {
        var classifier = Add("classifier", new Projection(_decoder.HiddenSize, Config.LabelCount, bias: true));
        return (_, body) => Wide.Of(classifier.call(body.Last!));
    }
}

/// <summary>Puts heads on decoders.</summary>
internal static class DecoderHeads
{
    internal static Model Finish(Decoder decoder, DecoderHeadNames names, HeadKind kind)
    {
        decoder.KnowPrefix(names.Prefix + ".");
        return kind is HeadKind.Base or HeadKind.BaseWithoutPooler ? decoder : new HeadedDecoder(decoder, names, kind);
    }
}
