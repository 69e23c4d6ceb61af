using System.Globalization;
using System.Security.Cryptography;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Inspecting;

/// <summary>What a model's folder holds, told without loading the weights.</summary>
/// <param name="Head">What stands on the base; empty where the class is unknown.</param>
/// <param name="Types">How many tensors each element type has, such as F32 → 199.</param>
/// <param name="TensorBytes">Bytes of all tensors as stored.</param>
/// <param name="Tokenizer">Tokens in the vocabulary, or why there is none.</param>
/// <param name="Licence">As the model card or a LICENSE file says; empty where neither does.</param>
/// <param name="Hash">SHA-256 over the names and SHA-256 of all files, in the order of their names.</param>
public sealed record ModelInspection(
    string Folder,
    string Family,
    string Head,
    long Parameters,
    int Tensors,
    IReadOnlyDictionary<string, int> Types,
    long TensorBytes,
    IReadOnlyDictionary<string, long> Sizes,
    IReadOnlyList<string> Labels,
    string Tokenizer,
    string Licence,
    string Hash)
{
    private static readonly string[] SizeFields =
    [
        "hidden_size", "d_model", "dim", "n_embd", "num_hidden_layers", "num_layers", "n_layers", "n_layer", "num_attention_heads", "n_heads", "n_head",
        "num_heads", "num_key_value_heads", "intermediate_size", "hidden_dim", "d_ff", "vocab_size", "max_position_embeddings", "n_positions", "image_size",
    ];

    /// <exception cref="ModelConfigException">The configuration is wrong or of an unknown family.</exception>
    /// <exception cref="SafeTensorsException">The weights are missing, malformed or hostile.</exception>
    public static ModelInspection Of(string folder)
    {
        using var checkpoint = CheckpointFolder.Open(folder);
        var config = ModelLoader.Configuration(folder, checkpoint);
        var family = FamilyRegistry.Find(config);
        var tensors = checkpoint.Tensors.ToArray();
        return new ModelInspection(
            folder,
            family.Name,
            config.Architecture.Length == 0 ? "" : HeadKinds.Of(config.Architecture)?.ToString() ?? "",
            tensors.Where(t => t.Type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64)
                .Sum(t => t.Shape.Aggregate(1L, (a, b) => a * b)),
            tensors.Length,
            tensors.GroupBy(t => SafeTensorsHeader.NameOf(t.Type)).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count()),
            tensors.Sum(t => t.End - t.Begin),
            SizeFields.Where(config.Has).ToDictionary(f => f, f => (long)config.Ints(f, [0])[0]),
            config.Has("id2label") ? config.Labels : [],
            TokenizerOf(folder),
            LicenceOf(folder),
            HashOf(folder));
    }

    /// <summary>Loads the model, runs it once on made-up input, and looks for numbers that are none.</summary>
    /// <returns>Problems in words; empty where the model is sound.</returns>
    public static IReadOnlyList<string> Verify(string folder)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Model model;
        LoadReport report;
        try
        {
            (model, report) = ModelLoader.Open(folder);
        }
        catch (Exception e) when (e is ModelConfigException or SafeTensorsException or CheckpointException)
        {
            return [e.Message];
        }
        using (model)
        {
            var bad = model.state_dict().Where(t => t.Value.dtype == ScalarType.Float32 && !t.Value.isfinite().all().item<bool>()).Select(t => t.Key).Take(5).ToArray();
            if (bad.Length > 0)
            {
                return [$"not every number is finite in {string.Join(", ", bad)}: get the file again from its source"];
            }
            var output = model.Forward(Probe(model));
            Tensor?[] said = [output.Logits, output.StartLogits, output.EndLogits, output.Pooled, output.Last];
            return said.OfType<Tensor>().All(t => t.isfinite().all().item<bool>()) ? []
                : ["a forward pass gave numbers that are not finite: the weights are damaged or too large for float32"];
        }
    }

    private static ModelInput Probe(Model model)
    {
        if (model.WordEmbeddings is null)
        {
            var side = model.Config.Has("image_size") ? model.Config.Ints("image_size", [224]) : [224];
            random.manual_seed(0);
            return new ModelInput { PixelValues = randn([1, model.Config.Int("num_channels", 3), side[0], side[^1]]) };
        }
        var words = model.WordEmbeddings.weight.shape[0];
        var ids = tensor([.. Enumerable.Range(0, 12).Select(k => (long)(k * 7919) % words)], [1, 12]);
        return new ModelInput { InputIds = ids, DecoderInputIds = model is T5 ? ids.narrow(1, 0, 4) : null };
    }

    private static string TokenizerOf(string folder)
    {
        try
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Tokenizers.Tokenizer.Open(folder).Size} tokens");
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static string LicenceOf(string folder)
    {
        var card = Path.Combine(folder, "README.md");
        if (File.Exists(card))
        {
            var lines = File.ReadLines(card).Take(200).ToArray();
            var head = lines.Length > 0 && lines[0].Trim() == "---" ? lines.Skip(1).TakeWhile(l => l.Trim() != "---") : [];
            if (head.FirstOrDefault(l => l.StartsWith("license:", StringComparison.Ordinal)) is { } line)
            {
                return line["license:".Length..].Trim();
            }
        }
        var file = Directory.EnumerateFiles(folder).FirstOrDefault(f => Path.GetFileName(f).StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase));
        return file is null ? "" : $"see {Path.GetFileName(file)}";
    }

    private static string HashOf(string folder)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(path);
            all.AppendData(System.Text.Encoding.UTF8.GetBytes($"{Path.GetFileName(path)}\n{Convert.ToHexStringLower(SHA256.HashData(stream))}\n"));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }
}
