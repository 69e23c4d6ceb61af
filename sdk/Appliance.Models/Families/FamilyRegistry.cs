using Appliance.Models.Config;
using Appliance.Models.Heads;

namespace Appliance.Models.Families;

/// <summary>A kind of model that the appliance knows.</summary>
/// <param name="Name">As in <c>config.json</c>'s model_type, or our own where the maker has none.</param>
/// <param name="Claims">Whether a configuration is of this family.</param>
/// <param name="Build">Makes the model with unset weights; reads and checks every field first.</param>
public sealed record Family(string Name, Func<ModelConfig, bool> Claims, Func<ModelConfig, HeadKind, Model> Build)
{
    internal static Family Of(string modelType, Func<ModelConfig, HeadKind, Model> build) =>
        new(modelType, config => config.ModelType == modelType, build);
}

/// <summary>Every family, in one visible list: a new one is a file in this folder and a line here.</summary>
public static class FamilyRegistry
{
    public static IReadOnlyList<Family> All { get; } =
    [
        // encoders
        Bert.Family,
        Roberta.Family,
        Roberta.XlmFamily,
        DistilBert.Family,
        Electra.Family,
        Albert.Family,
        DebertaV2.Family,
        MpNet.Family,
        UseLiteEncoder.Family,

        // decoders
        Gpt2.Family,
        GptNeoX.Family,
        Llama.Family,
        Llama.Mistral,
        Llama.Qwen2,
        Llama.Qwen3,
        Llama.Gemma,
        Phi.Family,

        // encoder and decoder
        T5.Family,

        // images
        Vit.Family,
        Vit.Deit,
        ResNet.Family,
        TorchvisionResNet.Family,
        TorchvisionResNet.Cifar,
        MobileNetV2.Family,
        MobileNetV2.TensorFlow,
        InceptionV3.Family,
        ConvNext.Family,
    ];

    /// <exception cref="ModelConfigException">No family here claims the configuration.</exception>
    public static Family Find(ModelConfig config) => All.FirstOrDefault(f => f.Claims(config))
        ?? throw new ModelConfigException(config.File,
            [config.ModelType.Length == 0
                ? "there is no config.json with a model_type beside the weights, and their names are not those of a family that does without"
                : $"the family '{config.ModelType}' is not implemented; known: {string.Join(", ", All.Select(f => f.Name))}"]);
}
