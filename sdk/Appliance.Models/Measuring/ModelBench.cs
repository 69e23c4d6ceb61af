using System.Diagnostics;
using System.Globalization;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Generation;
using Appliance.Models.Heads;
using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Measuring;

/// <summary>The size of a model that is made up for measuring.</summary>
public sealed record BenchShape(string Family, int Layers, int Hidden, int Heads, int Intermediate, int Vocabulary);

/// <summary>How long a pass took.</summary>
/// <param name="Milliseconds">Median of the runs.</param>
/// <param name="Threads">That libtorch computed on.</param>
/// <param name="CheckpointStall">Milliseconds that learning stood still for a checkpoint; null where none was made.</param>
public sealed record BenchResult(double Milliseconds, double TokensPerSecond, int Threads, double? CheckpointStall = null);

/// <summary>Times models with random weights: the sizes decide the speed, not what was learnt.</summary>
public static class ModelBench
{
    private const int WarmUps = 3;

    /// <summary>One pass over a batch without padding, last layer's states out.</summary>
    /// <exception cref="ModelConfigException">An unknown family, or sizes that do not go together.</exception>
    public static BenchResult Forward(BenchShape shape, int batch, int length, InferencePrecision precision, int runs, int threads)
    {
        Allocator.KeepFreedMemory();
        set_num_threads(threads);
        using var outer = NewDisposeScope();
        using var _ = no_grad();
        using var model = Build(shape, length, HeadKind.BaseWithoutPooler);
        model.Prepare(precision);
        var ids = Ids(batch, length, shape.Vocabulary);
        var times = new List<double>();
        for (var k = 0; k < WarmUps + runs; k++)
        {
            using var scope = NewDisposeScope();
            var start = Stopwatch.GetTimestamp();
            model.Forward(new ModelInput { InputIds = ids });
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var median = Median(times[WarmUps..]);
        return new BenchResult(median, batch * length / median * 1000, get_num_threads());
    }

    /// <summary>Greedy decoding, one text, token by token after a prompt.</summary>
    /// <exception cref="ModelConfigException">An unknown family, or sizes that do not go together.</exception>
    public static BenchResult Decode(BenchShape shape, int prompt, int tokens, InferencePrecision precision, int threads)
    {
        Allocator.KeepFreedMemory();
        set_num_threads(threads);
        using var outer = NewDisposeScope();
        using var _ = no_grad();
        using var model = Build(shape, prompt + tokens + 1, HeadKind.CausalLanguage);
        model.Prepare(precision);
        var ids = Ids(1, prompt, shape.Vocabulary).data<long>().ToArray().Select(i => (int)i).ToArray();
        var times = new List<double>();
        var last = Stopwatch.GetTimestamp();
        foreach (var step in new Generator(model).Stream([ids], new GenerationOptions { MaxNewTokens = tokens + 1 }, CancellationToken.None))
        {
            times.Add(Stopwatch.GetElapsedTime(last).TotalMilliseconds);
            last = Stopwatch.GetTimestamp();
        }
        var each = times[1..].Average(); // the first one reads the prompt
        return new BenchResult(each, 1000 / each, get_num_threads());
    }

    /// <summary>A model of that size with random weights.</summary>
    public static Model Build(BenchShape s, int positions, HeadKind kind)
    {
        var json = string.Create(CultureInfo.InvariantCulture, $$"""
            {"model_type": "{{s.Family}}", "vocab_size": {{s.Vocabulary}}, "hidden_size": {{s.Hidden}}, "num_hidden_layers": {{s.Layers}},
             "num_attention_heads": {{s.Heads}}, "intermediate_size": {{s.Intermediate}}, "max_position_embeddings": {{Math.Max(512, positions + 2)}},
             "type_vocab_size": 2, "hidden_act": "{{(s.Family is "llama" or "mistral" or "qwen2" ? "silu" : "gelu")}}"}
            """);
        var own = s.Family switch
        {
            "distilbert" => json.Replace("hidden_size", "dim").Replace("num_hidden_layers", "n_layers").Replace("num_attention_heads", "n_heads")
                .Replace("intermediate_size", "hidden_dim").Replace("\"type_vocab_size\": 2, ", "").Replace("hidden_act", "activation"),
            "gpt2" => json.Replace("hidden_size", "n_embd").Replace("num_hidden_layers", "n_layer").Replace("num_attention_heads", "n_head")
                .Replace("intermediate_size", "n_inner").Replace("max_position_embeddings", "n_positions").Replace("\"type_vocab_size\": 2, ", "")
                .Replace("\"hidden_act\": \"gelu\"", "\"activation_function\": \"gelu_new\""),
            "bert" or "roberta" or "xlm-roberta" or "electra" or "mpnet" => json,
            _ => json.Replace("\"type_vocab_size\": 2, ", ""),
        };
        var config = ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(own), "the benchmark's sizes");
        random.manual_seed(0);
        var model = FamilyRegistry.Find(config).Build(config, kind);
        using var off = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            var one = parameter.shape.Length == 1 && name.EndsWith("weight", StringComparison.Ordinal);
            _ = parameter.shape.Length > 1 ? parameter.normal_(0, 0.02) : parameter.fill_(one ? 1 : 0);
        }
        model.eval();
        return model;
    }

    /// <summary>[batch, length] ids that are spread over the vocabulary.</summary>
    public static Tensor Ids(int batch, int length, int vocabulary) =>
        tensor([.. Enumerable.Range(0, batch * length).Select(k => (long)((k * 7919) + 13) % vocabulary)], [batch, length]);

    public static double Median(List<double> times)
    {
        times.Sort();
        return (times[times.Count / 2] + times[(times.Count - 1) / 2]) / 2;
    }
}
