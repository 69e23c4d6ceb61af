using Appliance.Models.Adapters;
using Appliance.Models.Chat;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Images;
using Appliance.Models.Importing;
using Appliance.Models.Tokenizers;

namespace Appliance.Tests;

/// <summary>Every reader against mutated files: a refusal with its own exception, or a result; never anything else.</summary>
/// <remarks>At least 100,000 files in all. Seeds are fixed, so a failure comes again. Memory is watched as a whole.</remarks>
[Collection("torch")]
public sealed class FuzzTests
{
    private const int EachOf = 20_000;

    private static byte[] Golden(params string[] parts) => File.ReadAllBytes(Repository.File(["tests", "Golden", .. parts]));

    [Fact]
    public void Safetensors_headers() => Try(EachOf, Golden("misc", "safetensors_edge", "ok_all_dtypes.safetensors"),
        bytes => SafeTensors.Parse(bytes).Dispose(), e => e is SafeTensorsException);

    [Fact]
    public void Model_configurations() => Try(EachOf, Golden("models", "llama-gqa", "config.json"), bytes =>
    {
        var config = ModelConfig.Parse(bytes, "config.json");
        // Sizes are capped by hand: the fuzz looks for crashes of the reader, not for models that are honestly large.
        _ = (config.Int("hidden_size"), config.Nested("rope_scaling")?.Number("factor"), config.Labels.Count, config.Texts("architectures"));
        config.Check();
    }, e => e is ModelConfigException);

    [Fact]
    public void Tokenizer_files() => Try(EachOf / 4, Golden("e2e", "bert-ner", "tokenizer.json"),
        bytes => TokenizerJson.Parse(bytes, "tokenizer.json").Encode("Città di [MASK] Roma, 12!"), e => e is InvalidDataException);

    [Fact]
    public void Byte_pair_tokenizer_files() => Try(EachOf / 4, Golden("e2e", "gpt2-generate", "tokenizer.json"),
        bytes => TokenizerJson.Parse(bytes, "tokenizer.json").Encode("Città di Roma, 12!"), e => e is InvalidDataException);

    [Fact]
    public void Sentencepiece_models() => Try(EachOf, Golden("tokenizers", "llama-small", "tokenizer.model")[..2048],
        bytes => SentencePieceFile.Parse(bytes, "tokenizer.model"), e => e is InvalidDataException);

    [Fact]
    public void Gguf_heads() => Try(EachOf, Gguf(), bytes => GgufFile.Parse(bytes, bytes.Length + 5_000_000), e => e is ImportException);

    [Fact]
    public void Png_images() => Try(EachOf, Golden("misc", "image_preprocessing", "img1.png"), bytes => PngReader.Read(bytes), e => e is PictureException);

    [Fact]
    public void Chat_templates()
    {
        var source = Fixtures.Json(Repository.File("tests", "Golden", "misc", "chat_templates.json")).GetProperty("templates");
        var text = System.Text.Encoding.UTF8.GetBytes(source.GetProperty("default_system").GetString()!);
        Try(EachOf, text, bytes => new ChatTemplate(System.Text.Encoding.UTF8.GetString(bytes)).Render([new ChatMessage("user", "Ciao")], true),
            e => e is ChatTemplateException);
    }

    [Fact]
    public void Adapter_configurations()
    {
        using var folder = new TempFolder();
        Try(EachOf / 10, Golden("peft", "bert-seqcls-lora", "adapter", "adapter_config.json"), bytes =>
        {
            File.WriteAllBytes(folder.File("adapter_config.json"), bytes);
            AdapterConfig.Open(folder.Path);
        }, e => e is ModelConfigException);
    }

    private static byte[] Gguf()
    {
        using var stream = new MemoryStream();
        GgufWriter.Write(stream, [("general.architecture", "llama"), ("llama.block_count", 2L), ("llama.rope.freq_base", 1e4), ("flag", true)],
            [("token_embd.weight", [64, 32], () => new float[64 * 32]), ("output_norm.weight", [32], () => new float[32])], GgufType.F16);
        return stream.ToArray()[..400];
    }

    private static void Try(int count, byte[] good, Action<byte[]> read, Func<Exception, bool> isRefusal)
    {
        var random = new Random(20261122);
        var (refused, accepted) = (0, 0);
        var before = GC.GetTotalAllocatedBytes();
        for (var k = 0; k < count; k++)
        {
            var bytes = Mutated(good, random);
            try
            {
                read(bytes);
                accepted++;
            }
            catch (Exception e) when (isRefusal(e))
            {
                refused++;
            }
        }
        refused.Should().BeGreaterThan(count / 20, "mutations must reach the checks");
        (refused + accepted).Should().Be(count);
        var each = (GC.GetTotalAllocatedBytes() - before) / count;
        each.Should().BeLessThan((good.Length * 200L) + (1 << 20), "no claim of a file may take memory beyond its size");
    }

    private static byte[] Mutated(byte[] good, Random random)
    {
        var bytes = (byte[])good.Clone();
        for (var n = random.Next(1, 5); n > 0 && bytes.Length > 0; n--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 9))..]]; break;
                case 3: bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]]; break;
                case 4: bytes = bytes[..at]; break;
                default: bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(random.Next(2) == 0 ? (byte)0xff : (byte)0); break;
            }
        }
        return bytes;
    }
}
