using System.Globalization;
using System.Runtime.InteropServices;
using Appliance.Sdk.Recipes;
using static TorchSharp.torch;

namespace Appliance.Training;

/// <summary>Two batches, the longest examples and then the first ones, through training and evaluation; leaves no trace in the run.</summary>
internal static class DryRun
{
    private const double SpareShare = 0.9;

    /// <exception cref="InvalidDataException">It will not fit into memory, or breaks; the message says what to change.</exception>
    internal static void Try(
        Recipe recipe, ITrainableTask task, IReadOnlyList<Item> train, IReadOnlyList<Item> held, IReadOnlyDictionary<string, Tensor> moving)
    {
        // 1 What must fit whatever the batch: gradients, two moments, the best weights and a checkpoint's copy.
        var learnt = moving.Values.Sum(t => t.numel()) * sizeof(float);
        var needed = learnt * 8; // gradient 1, moments 2, best 1, copy of all 4
        var free = FreeBytes();
        if (free is { } bytes && needed > SpareShare * bytes)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"This run needs about {needed / 1e9:0.0} GB beside the model and {bytes / 1e9:0.0} GB are free. Use a method that learns fewer weights (lora, head, bitfit), or a smaller base."));
        }

        // 2 Two batches forwards and backwards. Generator and buffers come back afterwards.
        using var generator = random.get_rng_state();
        var kept = task.Module.named_buffers().Select(b => (b.buffer, Copy: b.buffer.clone().DetachFromDisposeScope())).ToArray();
        try
        {
            task.Module.train();
            var size = recipe.Privacy is null ? recipe.BatchSize : Math.Min(2, train.Count);
            foreach (var batch in (Item[][])[[.. train.OrderByDescending(i => i.Ids.Length).Take(size)], [.. train.Take(size)]])
            {
                using var scope = NewDisposeScope();
                var loss = task.Loss(batch, new BatchContext(new Random(recipe.Seed)));
                loss.backward();
                task.AfterBackward();
                if (!double.IsFinite(loss.item<float>()))
                {
                    throw new InvalidDataException("The loss of the first examples is not a number: the base model's weights or the data are damaged. Check with: appliance model verify DIR");
                }
            }
            using (NewDisposeScope())
            {
                task.Evaluate([.. held.Take(2)]);
            }
        }
        catch (ExternalException e) when (e.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidDataException("The longest examples do not fit into memory. Lower per_device_train_batch_size (and raise gradient_accumulation_steps), lower max_length, or set gradient_checkpointing: true.");
        }
        finally
        {
            using var _ = no_grad();
            foreach (var (_, parameter) in task.Module.named_parameters())
            {
                parameter.grad = null;
            }
            foreach (var (buffer, copy) in kept)
            {
                buffer.copy_(copy);
                copy.Dispose();
            }
            random.set_rng_state(generator);
        }
    }

    // Null where the system does not say.
    private static long? FreeBytes()
    {
        try
        {
            var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
