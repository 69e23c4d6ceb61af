using System.Diagnostics;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using Appliance.Models.Measuring;
using Appliance.Torch.Beyond;
using static TorchSharp.torch;

namespace Appliance.Training.Measuring;

/// <summary>Times one step of learning: forward, backward, clipping, AdamW on every weight.</summary>
public static class StepBench
{
    private const int WarmUps = 2;
    private const int StepsBetween = 8;

    /// <param name="half">Products in bfloat16.</param>
    /// <param name="runs">Steps to take the median of, 1 or more.</param>
    /// <param name="checkpoints">Folder for two checkpoints of the whole run, written while steps go on; null for none.</param>
    public static BenchResult Run(BenchShape shape, int batch, int length, bool half, int runs, int threads, string? checkpoints = null)
    {
        set_num_threads(threads);
        var decoder = shape.Family is "gpt2" or "llama" or "mistral" or "qwen2" or "qwen3" or "gemma" or "phi" or "gpt_neox";
        using var model = ModelBench.Build(shape, length, decoder ? HeadKind.CausalLanguage : HeadKind.SequenceClassification);
        foreach (var (_, projection) in model.Projections)
        {
            projection.HalfPrecision = half;
        }
        using var optimizer = new AdamW([new ParameterGroup([.. model.named_parameters()], 0.01)]);
        using var ids = ModelBench.Ids(batch, length, shape.Vocabulary).DetachFromDisposeScope();
        using var labels = (decoder ? ids.narrow(1, 1, length - 1).reshape(-1) : tensor([.. Enumerable.Range(0, batch).Select(k => k % 2L)])).DetachFromDisposeScope();
        model.train();
        var times = new List<double>();
        for (var k = 0; k < WarmUps + runs; k++)
        {
            var start = Stopwatch.GetTimestamp();
            Step(model, optimizer, ids, labels, decoder);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var median = ModelBench.Median(times[WarmUps..]);
        var stall = checkpoints is null ? default(double?) : Stall(model, optimizer, checkpoints, () => Step(model, optimizer, ids, labels, decoder));
        return new BenchResult(median, batch * length / median * 1000, get_num_threads(), stall);
    }

    // The longer of two: what the loop waits for is the copy in memory, and for the checkpoint before where the disk is slower than the steps.
    private static double Stall(Model model, AdamW optimizer, string folder, Action step)
    {
        using var writer = new CheckpointWriter(new FileObserver(new CheckpointFiles(folder, keep: 2), _ => { }));
        var moving = model.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        var longest = 0.0;
        for (var k = 0; k < 2; k++)
        {
            var start = Stopwatch.GetTimestamp();
            writer.Write(RunState.Snapshot(moving, optimizer, moving, new RunCounters()));
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            for (var s = 0; s < StepsBetween; s++)
            {
                step();
            }
        }
        writer.Finish();
        return longest;
    }

    private static void Step(Model model, AdamW optimizer, Tensor ids, Tensor labels, bool decoder)
    {
        using var scope = NewDisposeScope();
        var logits = model.Forward(new ModelInput { InputIds = ids }).Logits!; // both heads make scores
        var scores = decoder ? logits.narrow(1, 0, logits.shape[1] - 1).reshape(-1, logits.shape[2]) : logits;
        nn.functional.cross_entropy(scores, labels).backward();
        optimizer.Step(1e-4, 1);
    }
}
