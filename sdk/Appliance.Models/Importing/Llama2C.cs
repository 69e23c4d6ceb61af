using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Appliance.Models.Checkpoints;
using static TorchSharp.torch;

namespace Appliance.Models.Importing;

/// <summary>The files of llama2.c, such as stories260K: a model and its vocabulary as plain numbers.</summary>
/// <remarks>
/// Model: seven int32 (width, feed-forward, layers, heads, key heads, words, positions; words negative where the output has a
/// matrix of its own), then float32 tensors kind by kind. Rotary pairs lie side by side and are moved to halves.
/// </remarks>
public static class Llama2C
{
    private const int HeaderBytes = 28;
    private const int TokenBytesMax = 1 << 16;

    /// <exception cref="ImportException">The files do not have the sizes that their heads say.</exception>
    public static void Import(string modelPath, string tokenizerPath, string folder)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (config, tensors) = Model(File.ReadAllBytes(modelPath));
        var tokenizer = LlamaTokenizer.Json(Vocabulary(File.ReadAllBytes(tokenizerPath), (int)config["vocab_size"]!));
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer);
        using var stream = File.Create(Path.Combine(folder, "model.safetensors"));
        SafeTensors.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static (JsonObject Config, Dictionary<string, Tensor> Tensors) Model(ReadOnlyMemory<byte> file)
    {
        if (file.Length < HeaderBytes)
        {
            throw new ImportException("it is shorter than its head of seven numbers");
        }
        var n = Enumerable.Range(0, 7).Select(k => BinaryPrimitives.ReadInt32LittleEndian(file.Span[(k * 4)..])).ToArray();
        var (width, inner, layers, heads, groups, words, positions) = (n[0], n[1], n[2], n[3], n[4], Math.Abs(n[5]), n[6]);
        if (n.Where((_, k) => k != 5).Any(x => x is < 1 or > 1 << 20) || words < 1 || heads > width || width % heads != 0 || groups > heads || heads % groups != 0)
        {
            throw new ImportException("its first seven numbers are no sizes of a model");
        }
        var (at, own) = (HeaderBytes, n[5] < 0);
        float[] Next(long count)
        {
            if (count * 4 > file.Length - at)
            {
                throw new ImportException($"it ends early: {count} more numbers are expected after byte {at}");
            }
            var numbers = new float[count];
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(file.Span.Slice(at, (int)(count * 4))).CopyTo(numbers);
            at += (int)(count * 4);
            return numbers;
        }
        var (size, tensors) = (width / heads, new Dictionary<string, Tensor>());
        void Each(string name, long rows, long columns, long turnedHeads = 0)
        {
            for (var layer = 0; layer < layers; layer++)
            {
                var t = tensor(Next(rows * Math.Max(1, columns)), columns == 0 ? [rows] : [rows, columns]);
                tensors[$"model.layers.{layer}.{name}.weight"] = turnedHeads == 0 ? t
                    : t.view(turnedHeads, size / 2, 2, columns).transpose(1, 2).reshape(rows, columns);
            }
        }
        tensors["model.embed_tokens.weight"] = tensor(Next((long)words * width), [words, width]);
        Each("input_layernorm", width, 0);
        Each("self_attn.q_proj", width, width, heads);
        Each("self_attn.k_proj", groups * size, width, groups);
        Each("self_attn.v_proj", groups * size, width);
        Each("self_attn.o_proj", width, width);
        Each("post_attention_layernorm", width, 0);
        Each("mlp.gate_proj", inner, width);
        Each("mlp.down_proj", width, inner);
        Each("mlp.up_proj", inner, width);
        tensors["model.norm.weight"] = tensor(Next(width), [width]);
        _ = Next((long)positions * size); // two tables of angles that are computed
        if (own)
        {
            tensors["lm_head.weight"] = tensor(Next((long)words * width), [words, width]);
        }
        return (new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"), ["model_type"] = "llama", ["hidden_size"] = width, ["intermediate_size"] = inner,
            ["num_hidden_layers"] = layers, ["num_attention_heads"] = heads, ["num_key_value_heads"] = groups, ["vocab_size"] = words,
            ["max_position_embeddings"] = positions, ["rms_norm_eps"] = 1e-5, ["rope_theta"] = 10000.0, ["tie_word_embeddings"] = !own,
            ["bos_token_id"] = 1, ["eos_token_id"] = 2,
        }, tensors);
    }

    private static List<(string Piece, float Score)> Vocabulary(ReadOnlySpan<byte> file, int words)
    {
        var (at, pieces) = (4, new List<(string, float)>());
        while (pieces.Count < words)
        {
            if (file.Length - at < 8)
            {
                throw new ImportException($"the vocabulary ends after {pieces.Count} of {words} tokens");
            }
            var (score, length) = (BinaryPrimitives.ReadSingleLittleEndian(file[at..]), BinaryPrimitives.ReadInt32LittleEndian(file[(at + 4)..]));
            if (length is < 0 or > TokenBytesMax || length > file.Length - at - 8)
            {
                throw new ImportException($"token {pieces.Count} of the vocabulary is longer than the file");
            }
            pieces.Add((Encoding.UTF8.GetString(file.Slice(at + 8, length)), score));
            at += 8 + length;
        }
        return pieces;
    }
}
