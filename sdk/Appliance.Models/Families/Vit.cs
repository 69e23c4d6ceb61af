using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>ViT and DeiT: an image is a sequence of patches. Sources: Dosovitskiy et al. (2020), Touvron et al. (2020).</summary>
/// <remarks>b = batch, p = patches, h = hidden size.</remarks>
internal sealed class Vit : Encoder
{
    internal static Family Family { get; } = Family.Of("vit", (config, kind) => Build(config, kind, "vit", distilled: false));

    internal static Family Deit { get; } = Family.Of("deit", (config, kind) => Build(config, kind, "deit", distilled: true));

    private static readonly EncoderLayerNames LayerNames = new(
        "attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense",
        "layernorm_before", "intermediate.dense", "output.dense", "layernorm_after");

    private readonly EncoderLayerShape _layer;
    private readonly (int Height, int Width) _image;
    private readonly Parameter _first;
    private readonly Parameter? _distillation;
    private readonly Parameter _positions;
    private readonly Convolution _patches;
    private readonly List<EncoderLayer> _layers = [];
    private readonly Norm _norm;
    private readonly Projection? _pooler;

    private Vit(ModelConfig config, EncoderLayerShape layer, bool distilled, bool pooled)
        : base(config, "Vit")
    {
        _layer = layer;
        var (patch, channels) = (config.Ints("patch_size", [16]), config.Int("num_channels", 3));
        var image = config.Ints("image_size", [224]);
        _image = (image[0], image[^1]);
        var tokens = (_image.Height / patch[0] * (_image.Width / patch[^1])) + (distilled ? 2 : 1);
        _first = AddParameter("embeddings.cls_token", 1, 1, layer.Hidden);
        _distillation = distilled ? AddParameter("embeddings.distillation_token", 1, 1, layer.Hidden) : null;
        _positions = AddParameter("embeddings.position_embeddings", 1, tokens, layer.Hidden);
        var shape = new ConvolutionShape(channels, layer.Hidden, patch[0], patch[^1], patch[0], (0, 0), Bias: true);
        _patches = Add("embeddings.patch_embeddings.projection", new Convolution(shape));
        for (var k = 0; k < config.Int("num_hidden_layers", min: 0); k++)
        {
            _layers.Add(Add(string.Format(CultureInfo.InvariantCulture, "encoder.layer.{0}", k), new EncoderLayer(LayerNames, layer)));
        }
        _norm = Add("layernorm", new Norm(layer.Hidden, layer.Epsilon));
        _pooler = pooled ? Add("pooler.dense", new Projection(layer.Hidden, layer.Hidden, bias: true)) : null;
        Names = new NameRules("", [], ["embeddings.mask_token"], new Dictionary<string, string>());
    }

    public override int HiddenSize => _layer.Hidden;

    public override double Epsilon => _layer.Epsilon;

    public override ModelOutput Forward(ModelInput input)
    {
        var pixels = ImageInput.Of(input, Config, _image);
        var b = pixels.shape[0];
        var patches = _patches.call(pixels).flatten(2).transpose(1, 2); // [b, h, y, x] → [b, p, h]
        Tensor[] start = _distillation is null ? [_first] : [_first, _distillation];
        var x = cat([.. start.Select(s => s.expand(b, 1, _layer.Hidden)), patches], 1) + _positions;
        var hidden = new List<Tensor>();
        var pass = new EncoderPass(null, input.Trace ? [] : null);
        for (var k = 0; k < _layers.Count; k++)
        {
            hidden.Add(x);
            x = _layers[k].call(x, pass, k);
        }
        hidden.Add(x);
        var last = _norm.call(x);
        return new ModelOutput
        {
            Last = last,
            Pooled = _pooler is null ? null : Wide.Of(_pooler.call(last.select(1, 0))).tanh(),
            HiddenStates = input.Trace ? hidden : [],
            Attentions = pass.Attentions ?? [],
        };
    }

    private static Model Build(ModelConfig config, HeadKind kind, string prefix, bool distilled)
    {
        var layer = Bert.Layer(config) with { PreNorm = true, QkvBias = config.Flag("qkv_bias", true) };
        layer = layer with
        {
            Dropout = config.Number("hidden_dropout_prob", 0),
            AttentionDropout = config.Number("attention_probs_dropout_prob", 0),
        };
        var (patch, image) = (config.Ints("patch_size", [16]), config.Ints("image_size", [224]));
        if (patch.Length is 0 or > 2 || image.Length is 0 or > 2 || patch[0] != patch[^1] || patch[0] < 1 || image.Any(i => i < patch[0]))
        {
            config.Problem("field 'patch_size' must be one positive number, and 'image_size' one or two that are not smaller");
        }
        _ = (config.Int("pooler_output_size", layer.Hidden, layer.Hidden, layer.Hidden), config.OneOf("pooler_act", "tanh"));
        _ = (config.Int("num_channels", 3), config.Int("num_hidden_layers", min: 0), config.LabelCount);
        config.Check();
        var encoder = new Vit(config, layer, distilled, kind == HeadKind.Base);
        encoder.KnowPrefix(prefix + ".");
        return kind switch
        {
            HeadKind.Base or HeadKind.BaseWithoutPooler => encoder,
            HeadKind.ImageClassification => new ImageClassifier(encoder, prefix, encoder.HiddenSize, body => body.Last!.select(1, 0)),
            HeadKind.ImageClassificationWithTeacher when distilled => new ImageClassifier(encoder, prefix, encoder.HiddenSize,
                body => body.Last!.select(1, 0), body => body.Last!.select(1, 1)),
            _ => throw new ModelConfigException(config.File, [$"the head {kind} does not exist for this family"]),
        };
    }
}
