using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Models.Config;

namespace Appliance.Models.Adapters;

/// <summary>The fields of an <c>adapter_config.json</c>, under PEFT's names; what was read is what is written again.</summary>
public sealed class AdapterConfig
{
    private const string FileName = "adapter_config.json";

    // Switches that change the mathematics and that this code does not have.
    private static readonly string[] NotImplemented =
    [
        "layer_replication", "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "use_qalora", "lora_bias",
        "arrow_config", "use_bdlora", "velora_config",
    ];

    private static readonly HashSet<string> Known =
    [
        "peft_type", "task_type", "base_model_name_or_path", "auto_mapping", "revision", "inference_mode", "peft_version",
        "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules", "modules_to_save", "bias", "use_rslora", "use_dora",
        "rank_pattern", "alpha_pattern", "fan_in_fan_out", "init_lora_weights", "layers_to_transform", "layers_pattern",
        "megatron_config", "megatron_core", "loftq_config", "eva_config", "corda_config", "runtime_config", "qalora_group_size",
        "ensure_weight_tying", "feedforward_modules", "init_ia3_weights", "num_virtual_tokens", "token_dim",
        "num_transformer_submodules", "num_attention_heads", "num_layers", "prompt_tuning_init", "prompt_tuning_init_text",
        "tokenizer_name_or_path", "tokenizer_kwargs", "encoder_hidden_size", "prefix_projection", "encoder_reparameterization_type",
        "encoder_num_layers", "encoder_dropout",
    ];

    private readonly JsonObject _json;

    private AdapterConfig(JsonObject json) => _json = json;

    public string Type => Text("peft_type") ?? "";

    public string TaskType => Text("task_type") ?? "";

    public int Rank => (int)Number("r", 8);

    public double Alpha => Number("lora_alpha", 8);

    public double Dropout => Number("lora_dropout", 0);

    public bool RankStabilised => Flag("use_rslora");

    public bool Dora => Flag("use_dora");

    public int VirtualTokens => (int)Number("num_virtual_tokens", 0);

    public int Layers => (int)Number("num_layers", 0);

    public int Heads => (int)Number("num_attention_heads", 0);

    public IReadOnlyList<string> ModulesToSave => Texts("modules_to_save");

    /// <summary>Names or ends of names, or one pattern; empty where the file does not say.</summary>
    public IReadOnlyList<string> TargetModules => Texts("target_modules");

    public IReadOnlyList<string> FeedForwardModules => Texts("feedforward_modules");

    /// <summary>Whether only some layers have adapters, so that a missing one is no mistake.</summary>
    public bool Partial => _json["layers_to_transform"] is not null || Texts("exclude_modules").Count > 0;

    /// <summary>Fields that this code does not know; they are kept when the adapter is saved.</summary>
    public IReadOnlyList<string> Unknown => [.. _json.Select(p => p.Key).Where(k => !Known.Contains(k) && !NotImplemented.Contains(k))];

    /// <exception cref="ModelConfigException">Missing, malformed, or a kind or switch that is not implemented.</exception>
    public static AdapterConfig Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new ModelConfigException(path, ["the file is missing; an adapter's folder needs it beside adapter_model.safetensors"]);
        }
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false };
            var config = new AdapterConfig(JsonNode.Parse(File.ReadAllBytes(path), null, options)!.AsObject());
            config.Check(path);
            return config;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentException)
        {
            throw new ModelConfigException(path, ["it is not one JSON object with each field once and of the right type"]);
        }
    }

    /// <summary>The configuration of a fresh low-rank adapter.</summary>
    public static AdapterConfig ForLora(
        int rank, double alpha, double dropout, IEnumerable<string> targets, IEnumerable<string> modulesToSave, string taskType,
        bool rankStabilised = false, bool dora = false, bool transposed = false)
    {
        var fields = new JsonObject
        {
            ["auto_mapping"] = null, ["base_model_name_or_path"] = null, ["bias"] = "none", ["fan_in_fan_out"] = transposed,
            ["inference_mode"] = true, ["init_lora_weights"] = true, ["lora_alpha"] = alpha, ["lora_dropout"] = dropout,
            ["modules_to_save"] = List(modulesToSave), ["peft_type"] = "LORA", ["r"] = rank, ["rank_pattern"] = new JsonObject(),
            ["alpha_pattern"] = new JsonObject(), ["target_modules"] = List(targets), ["task_type"] = taskType,
            ["use_dora"] = dora, ["use_rslora"] = rankStabilised,
        };
        return new AdapterConfig(JsonNode.Parse(fields.ToJsonString())!.AsObject()); // numbers then read as from a file
    }

    /// <summary>α of one module: its own by pattern, else the common one.</summary>
    public double AlphaOf(string module) => Pattern("alpha_pattern", module)?.GetValue<double>() ?? Alpha;

    public int RankOf(string module) => (int)(Pattern("rank_pattern", module)?.GetValue<double>() ?? Rank);

    public void Save(string folder) =>
        File.WriteAllText(Path.Combine(folder, FileName), _json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    private void Check(string path)
    {
        var problems = NotImplemented.Where(n => _json[n] is { } v && v.ToJsonString() is not ("false" or "[]" or "{}" or "null"))
            .Select(n => $"field '{n}' is set, which is not implemented").ToList();
        if (Type is not ("LORA" or "IA3" or "PROMPT_TUNING" or "PREFIX_TUNING" or "P_TUNING"))
        {
            problems.Add($"peft_type '{Type}' is not implemented; known: LORA, IA3, PROMPT_TUNING, PREFIX_TUNING, P_TUNING");
        }
        if (Number("num_transformer_submodules", 1) > 1)
        {
            problems.Add("num_transformer_submodules above 1 (learnt prompts of encoder-decoder models) is not implemented");
        }
        if (Type == "LORA" && (Rank < 1 || !double.IsFinite(Alpha)))
        {
            problems.Add("r must be 1 or more and lora_alpha a number");
        }
        _ = (TaskType, ModulesToSave, TargetModules, FeedForwardModules, Dropout, Dora, RankStabilised);
        if (problems.Count > 0)
        {
            throw new ModelConfigException(path, problems);
        }
    }

    // PEFT matches a pattern as the end of a module's name after a dot.
    private JsonNode? Pattern(string field, string module) => _json[field] is JsonObject patterns
        ? patterns.FirstOrDefault(p => module == p.Key || module.EndsWith("." + p.Key.TrimStart('^'), StringComparison.Ordinal)).Value
        : null;

    private static JsonArray? List(IEnumerable<string> items) =>
        items.Any() ? new JsonArray([.. items.Select(i => (JsonNode)JsonValue.Create(i)!)]) : null;

    private string? Text(string name) => _json[name]?.GetValue<string>();

    private bool Flag(string name) => _json[name]?.GetValue<bool>() ?? false;

    private double Number(string name, double fallback) => _json[name]?.GetValue<double>() ?? fallback;

    private IReadOnlyList<string> Texts(string name) => _json[name] switch
    {
        JsonArray list => [.. list.Select(i => i!.GetValue<string>())],
        JsonValue one => [one.GetValue<string>()],
        _ => [],
    };
}
