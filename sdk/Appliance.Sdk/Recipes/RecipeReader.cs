using Appliance.Sdk.Yaml;

namespace Appliance.Sdk.Recipes;

/// <summary>Reads a recipe and reports all its mistakes at once, with lines and cures.</summary>
public static class RecipeReader
{
    private static readonly string[] Methods = ["full", "head", "lora"];
    private static readonly string[] Precisions = ["fp32", "bf16", "auto"];
    private static readonly string[] Quantizations = ["none", "int8"];
    private static readonly string[] Metrics = ["accuracy", "macro_f1"];

    /// <returns>The recipe, or null and at least one error.</returns>
    public static (Recipe? Recipe, IReadOnlyList<string> Errors) Read(string yaml) => FieldReader.ReadFile(yaml, Read);

    private static Recipe Read(FieldReader fields)
    {
        var method = fields.OneOf("method", Methods, "full");
        return new Recipe(
            fields.Text("base_model"),
            fields.Text("task"),
            method switch { "head" => TrainingMethod.Head, "lora" => TrainingMethod.Lora, _ => TrainingMethod.Full },
            ReadLora(fields.Map("lora")),
            fields.Integer("per_device_train_batch_size", 32, 1, 4096),
            fields.Number("learning_rate", DefaultRate(method), 1e-8, 1),
            fields.Integer("num_train_epochs", 5, 1, 1000),
            fields.Number("warmup_ratio", 0.1, 0, 1),
            fields.Number("weight_decay", 0.01, 0, 1),
            fields.Number("max_grad_norm", 1, 0, 1000),
            fields.Number("label_smoothing", 0, 0, 0.5),
            fields.Integer("max_length", 128, 8, 512),
            fields.Integer("early_stopping_patience", 3, 0, 1000),
            fields.Number("early_stopping_threshold", 0, 0, 1),
            fields.OneOf("metric_for_best_model", Metrics, "macro_f1"),
            fields.OneOf("precision", Precisions, "fp32") switch
            {
                "bf16" => Precision.Bf16,
                "auto" => Precision.Auto,
                _ => Precision.Fp32,
            },
            fields.Integer("seed", 1, 0, int.MaxValue),
            fields.OneOf("quantize", Quantizations, "none") == "int8" ? Quantization.Int8 : Quantization.None);
    }

    private static LoraOptions ReadLora(FieldReader? fields)
    {
        if (fields is null)
        {
            return new LoraOptions(8, 16, 0);
        }
        var options = new LoraOptions(
            fields.Integer("r", 8, 1, 256), fields.Number("alpha", 16, 0.01, 10_000), fields.Number("dropout", 0, 0, 0.9));
        fields.RefuseUnknown();
        return options;
    }

    private static double DefaultRate(string method) => method switch { "head" => 1e-2, "lora" => 1e-3, _ => 3e-4 };
}
