using Appliance.Models.Families;
using Appliance.Models.Parts;
using static TorchSharp.torch;

namespace Appliance.Models.Heads;

/// <summary>One matrix over an image's feature vector; with a second token, the mean of two (DeiT with its teacher).</summary>
/// <remarks>b = batch, h = features, c = classes.</remarks>
internal sealed class ImageClassifier : Model
{
    private readonly Encoder _encoder;
    private readonly Func<ModelOutput, ModelOutput> _logits;
    private readonly Func<Tensor, Tensor>? _classify;
    private readonly Func<ModelOutput, Tensor> _feature;

    internal ImageClassifier(
        Encoder encoder,
        string prefix,
        int features,
        Func<ModelOutput, Tensor> feature,
        Func<ModelOutput, Tensor>? teacher = null,
        string path = "classifier")
        : base(encoder.Config, $"{encoder.GetName()}Classifier")
    {
        _encoder = Add(prefix, encoder);
        _feature = feature;
        Names = encoder.Names;
        if (teacher is null)
        {
            var classifier = Add(path, new Projection(features, Config.LabelCount, bias: true));
            _classify = vector => Wide.Of(classifier.call(vector));
            _logits = body => body with { Logits = _classify(feature(body)) };
            return;
        }
        var own = Add("cls_classifier", new Projection(features, Config.LabelCount, bias: true));
        var taught = Add("distillation_classifier", new Projection(features, Config.LabelCount, bias: true));
        _logits = body =>
        {
            var (a, b) = (Wide.Of(own.call(feature(body))), Wide.Of(taught.call(teacher(body))));
            return body with { Logits = (a + b) / 2, Stages = new Dictionary<string, Tensor> { ["cls_logits"] = a, ["distillation_logits"] = b } };
        };
    }

    public override ModelOutput Forward(ModelInput input) => _logits(_encoder.Forward(input));

    public override Tensor? Feature(ModelOutput output) => _classify is null ? null : _feature(output);

    public override Tensor? Classify(Tensor feature) => _classify?.Invoke(feature);
}
