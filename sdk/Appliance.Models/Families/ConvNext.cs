using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Families;

/// <summary>ConvNeXt: a conv net in a Transformer's clothes. Source: Liu et al. (2022).</summary>
/// <remarks>b = batch, c = channels, y × x = pixels.</remarks>
internal sealed class ConvNext : Encoder
{
    internal static Family Family { get; } = Family.Of("convnext", Build);

    private const double InnerEpsilon = 1e-6; // fixed in the reference
    private readonly int[] _sizes;
    private readonly Convolution _patches;
    private readonly Norm _patchNorm;
    private readonly List<(Norm? Norm, Convolution? Down, List<Layer> Layers)> _stages = [];
    private readonly Norm _finalNorm;

    private ConvNext(ModelConfig config, int[] sizes, int[] depths)
        : base(config, "ConvNext")
    {
        _sizes = sizes;
        var patch = config.Int("patch_size", 4);
        _patches = Add("embeddings.patch_embeddings", new Convolution(
            ConvolutionShape.Square(config.Int("num_channels", 3), sizes[0], patch, patch, 0, bias: true)));
        _patchNorm = Add("embeddings.layernorm", new Norm(sizes[0], InnerEpsilon));
        var activation = Activation.Of(config, "hidden_act", "gelu");
        var scaled = config.Number("layer_scale_init_value", 1e-6) > 0;
        for (var s = 0; s < sizes.Length; s++)
        {
            var path = string.Format(CultureInfo.InvariantCulture, "encoder.stages.{0}.", s);
            var norm = s == 0 ? null : Add(path + "downsampling_layer.0", new Norm(sizes[s - 1], InnerEpsilon));
            var down = s == 0 ? null : Add(path + "downsampling_layer.1", new Convolution(
                ConvolutionShape.Square(sizes[s - 1], sizes[s], 2, 2, 0, bias: true)));
            var layers = Enumerable.Range(0, depths[s]).Select(k =>
                Add(string.Format(CultureInfo.InvariantCulture, "{0}layers.{1}", path, k), new Layer(sizes[s], activation, scaled))).ToList();
            _stages.Add((norm, down, layers));
        }
        _finalNorm = Add("layernorm", new Norm(sizes[^1], Epsilon));
    }

    public override int HiddenSize => _sizes[^1];

    public override double Epsilon => Config.Number("layer_norm_eps", 1e-12);

    public override ModelOutput Forward(ModelInput input)
    {
        var x = OverChannels(_patchNorm, _patches.call(ImageInput.Of(input, Config)));
        var hidden = new List<Tensor> { x };
        foreach (var (norm, down, layers) in _stages)
        {
            x = down is null ? x : down.call(OverChannels(norm!, x)); // both or neither
            x = layers.Aggregate(x, (y, layer) => layer.call(y));
            hidden.Add(x);
        }
        return new ModelOutput
        {
            Last = x, // [b, c, y, x]
            Pooled = _finalNorm.call(x.mean([-2, -1])), // [b, c]
            HiddenStates = input.Trace ? hidden : [],
        };
    }

    // A norm over the channels of each pixel.
    private static Tensor OverChannels(Norm norm, Tensor x) => norm.call(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2);

    private static Model Build(ModelConfig config, HeadKind kind)
    {
        var (sizes, depths) = (config.Ints("hidden_sizes", [96, 192, 384, 768]), config.Ints("depths", [3, 3, 9, 3]));
        if (sizes.Length == 0 || sizes.Length != depths.Length || sizes.Concat(depths).Any(n => n < 1))
        {
            config.Problem("fields 'hidden_sizes' and 'depths' must be lists of the same length, each number 1 or more");
        }
        _ = (config.Int("patch_size", 4), config.Int("num_channels", 3), config.Int("num_stages", depths.Length, depths.Length, depths.Length),
            Activation.Of(config, "hidden_act", "gelu"), config.Number("layer_scale_init_value", 1e-6), config.Int("image_size", 224),
            config.Number("layer_norm_eps", 1e-12));
        config.Check();
        var encoder = new ConvNext(config, sizes, depths);
        encoder.KnowPrefix("convnext.");
        return kind switch
        {
            HeadKind.Base or HeadKind.BaseWithoutPooler => encoder,
            HeadKind.ImageClassification => new ImageClassifier(encoder, "convnext", sizes[^1], body => body.Pooled!),
            _ => throw new ModelConfigException(config.File, [$"the head {kind} does not exist for this family"]),
        };
    }

    private sealed class Layer : Block
    {
        private readonly Convolution _depth;
        private readonly Norm _norm;
        private readonly Projection _expand;
        private readonly Projection _contract;
        private readonly Parameter? _scale;
        private readonly Func<Tensor, Tensor> _activation;

        internal Layer(int size, Func<Tensor, Tensor> activation, bool scaled)
            : base(nameof(ConvNext))
        {
            _activation = activation;
            _depth = Add("dwconv", new Convolution(ConvolutionShape.Square(size, size, 7, groups: size, bias: true)));
            _norm = Add("layernorm", new Norm(size, InnerEpsilon));
            _expand = Add("pwconv1", new Projection(size, 4 * size, bias: true));
            _contract = Add("pwconv2", new Projection(4 * size, size, bias: true));
            _scale = scaled ? AddParameter("layer_scale_parameter", size) : null;
        }

        // x [b, c, y, x] → same
        internal Tensor call(Tensor x)
        {
            var y = _depth.call(x).permute(0, 2, 3, 1); // channels last: the two matrices work on pixels
            y = Wide.Of(_contract.call(_activation(_expand.call(_norm.call(y)))));
            y = _scale is null ? y : y * _scale;
            return x + y.permute(0, 3, 1, 2);
        }
    }
}
