using System.Text.Json.Nodes;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using static TorchSharp.torch;

namespace Appliance.Models.Importing;

/// <summary>GGUF to a folder in Hugging Face layout and back, for models like Llama, Qwen2 and BERT.</summary>
/// <remarks>
/// Files of architecture <c>llama</c> keep the rows of queries and keys in pairs (x₀ x₁ …), ours in halves; the rows are
/// moved on the way. The tokenizer travels whole under the format's own key <c>tokenizer.huggingface.json</c>; a file that
/// has only ggml's own tables of a SentencePiece vocabulary gets a tokenizer.json made of them.
/// </remarks>
public static class GgufModels
{
    private static readonly string[] Architectures = ["llama", "qwen2", "bert"];

    /// <summary>Makes a folder of a file.</summary>
    /// <exception cref="ImportException">Damaged, or of an architecture or type that is not read.</exception>
    public static void Import(string path, string folder)
    {
        using var file = GgufFile.Open(path);
        var architecture = file.Fields.TryGetValue("general.architecture", out var a) && a is string name ? name : "";
        if (!Architectures.Contains(architecture))
        {
            throw new ImportException($"architecture '{new string([.. architecture.Where(char.IsLetterOrDigit).Take(30)])}' is not read; known: {string.Join(", ", Architectures)}");
        }
        var config = JsonNode.Parse(Config(file, architecture).ToJsonString())!.AsObject(); // numbers then read as from a file
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var tensor in file.Tensors.Values)
        {
            if (tensor.Name.StartsWith("rope_freqs", StringComparison.Ordinal))
            {
                throw new ImportException("it has scaled rotary frequencies of its own (rope_freqs), which are not read");
            }
            var ours = GgufNames.Ours(architecture, tensor.Name) ?? throw new ImportException($"tensor {tensor.Name} is not known for {architecture}");
            tensors[ours] = Turned(tensor_(file.Read(tensor.Name), tensor.Shape), architecture, ours, config, toHalves: true);
        }
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        using (var stream = File.Create(Path.Combine(folder, "model.safetensors")))
        {
            SafeTensors.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        }
        if (Tokenizer(file) is { } tokenizer)
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer);
        }
    }

    /// <summary>Makes a file of a folder.</summary>
    /// <exception cref="ImportException">The folder's family is not one that goes into such files.</exception>
    /// <exception cref="ModelConfigException">The configuration is wrong.</exception>
    /// <exception cref="SafeTensorsException">The weights are missing or malformed.</exception>
    /// <exception cref="CheckpointException">The weights do not fit.</exception>
    public static void Export(string folder, string path, GgufType type)
    {
        var config = ModelConfig.Open(folder);
        var architecture = config.ModelType is "mistral" ? "llama" : config.ModelType;
        if (!Architectures.Contains(architecture))
        {
            throw new ImportException($"a model of family {config.ModelType} has no GGUF form here; known: {string.Join(", ", Architectures)}");
        }
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (model, _) = ModelLoader.Open(folder, architecture == "bert" ? Heads.HeadKind.BaseWithoutPooler : Heads.HeadKind.CausalLanguage);
        using (model)
        {
            var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
            var tensors = model.state_dict().Select(t => (
                Name: GgufNames.Theirs(architecture, t.Key) ?? throw new ImportException($"tensor {t.Key} has no place in a GGUF file"),
                t.Value.shape,
                (Func<float[]>)(() => Turned(t.Value, architecture, t.Key, json, toHalves: false).contiguous().data<float>().ToArray()))).ToList();
            var fields = Fields(config, architecture, model, folder);
            using var stream = File.Create(path);
            GgufWriter.Write(stream, fields, tensors, type);
        }
    }

    private static Tensor tensor_(float[] numbers, long[] shape) => tensor(numbers, shape);

    // Queries and keys of llama: pairs ↔ halves within each head.
    private static Tensor Turned(Tensor weight, string architecture, string ours, JsonObject config, bool toHalves)
    {
        var query = ours.Contains(".q_proj.", StringComparison.Ordinal);
        if (architecture != "llama" || !(query || ours.Contains(".k_proj.", StringComparison.Ordinal)))
        {
            return weight;
        }
        var heads = (long)(int)config["num_attention_heads"]!;
        heads = query ? heads : config["num_key_value_heads"] is { } groups ? (int)groups : heads;
        var (rows, rest) = (weight.shape[0], weight.shape[1..]);
        var half = rows / heads / 2;
        var view = toHalves ? weight.reshape([heads, half, 2, .. rest]) : weight.reshape([heads, 2, half, .. rest]);
        return view.transpose(1, 2).reshape([rows, .. rest]);
    }

    private static JsonObject Config(GgufFile file, string architecture)
    {
        long Long(string key) => file.Fields.TryGetValue($"{architecture}.{key}", out var v) && v is long n and > 0 and < int.MaxValue ? n
            : throw new ImportException($"field {architecture}.{key} is missing or no positive number");
        double Number(string key, double fallback) => file.Fields.TryGetValue($"{architecture}.{key}", out var v) && v is double n ? n : fallback;
        if (file.Fields.Keys.Any(k => k.StartsWith(architecture + ".rope.scaling", StringComparison.Ordinal) && file.Fields[k] is string and not "none"))
        {
            throw new ImportException("its rotary scaling is not read");
        }
        var words = file.Tensors.TryGetValue("token_embd.weight", out var table) ? table.Shape[0] : throw new ImportException("tensor token_embd.weight is missing");
        var config = new JsonObject
        {
            ["model_type"] = architecture, ["vocab_size"] = words, ["hidden_size"] = Long("embedding_length"),
            ["num_hidden_layers"] = Long("block_count"), ["num_attention_heads"] = Long("attention.head_count"),
            ["intermediate_size"] = Long("feed_forward_length"), ["max_position_embeddings"] = Long("context_length"),
        };
        if (architecture == "bert")
        {
            config["architectures"] = new JsonArray("BertModel");
            config["layer_norm_eps"] = Number("attention.layer_norm_epsilon", 1e-12);
            config["type_vocab_size"] = file.Tensors.TryGetValue("token_types.weight", out var types) ? types.Shape[0] : 0;
            return config;
        }
        config["architectures"] = new JsonArray(architecture == "llama" ? "LlamaForCausalLM" : "Qwen2ForCausalLM");
        config["num_key_value_heads"] = file.Fields.ContainsKey($"{architecture}.attention.head_count_kv") ? Long("attention.head_count_kv") : Long("attention.head_count");
        config["rms_norm_eps"] = Number("attention.layer_norm_rms_epsilon", 1e-5);
        config["rope_theta"] = Number("rope.freq_base", 10000);
        config["tie_word_embeddings"] = !file.Tensors.ContainsKey("output.weight");
        return config;
    }

    private static List<(string, object)> Fields(ModelConfig config, string architecture, Families.Model model, string folder)
    {
        var (heads, own) = (config.Int("num_attention_heads"), architecture + ".");
        List<(string, object)> fields =
        [
            ("general.architecture", architecture), ("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))),
            ("general.alignment", 32L),
            (own + "context_length", (long)config.Int("max_position_embeddings")), (own + "embedding_length", (long)config.Int("hidden_size")),
            (own + "block_count", (long)config.Int("num_hidden_layers")), (own + "feed_forward_length", (long)config.Int("intermediate_size")),
            (own + "attention.head_count", (long)heads), (own + "vocab_size", model.WordEmbeddings!.weight.shape[0]), // both kinds read words
        ];
        fields.AddRange(architecture == "bert"
            ? [(own + "attention.layer_norm_epsilon", config.Number("layer_norm_eps", 1e-12)), (own + "attention.causal", false)]
            :
            [
                (own + "attention.head_count_kv", (object)(long)config.Int("num_key_value_heads", heads)),
                (own + "attention.layer_norm_rms_epsilon", config.Number("rms_norm_eps", 1e-6)), (own + "rope.freq_base", config.Number("rope_theta", 10000)),
            ]);
        if (config.Has("rope_scaling"))
        {
            throw new ImportException("a model with rope_scaling cannot be written as GGUF here");
        }
        var tokenizer = Path.Combine(folder, "tokenizer.json");
        return File.Exists(tokenizer) ? [.. fields, ("tokenizer.huggingface.json", File.ReadAllText(tokenizer))] : fields;
    }

    private static string? Tokenizer(GgufFile file)
    {
        if (file.Fields.TryGetValue("tokenizer.huggingface.json", out var whole) && whole is string json)
        {
            return json;
        }
        if (file.Fields.TryGetValue("tokenizer.ggml.model", out var kind) && kind is "llama"
            && file.Fields.TryGetValue("tokenizer.ggml.tokens", out var t) && t is object[] tokens
            && file.Fields.TryGetValue("tokenizer.ggml.scores", out var s) && s is object[] scores && scores.Length == tokens.Length)
        {
            return LlamaTokenizer.Json([.. tokens.Select((x, k) => ((string)x, (float)(double)scores[k]))]);
        }
        return null;
    }
}
