using Appliance.Models.Checkpoints;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using Appliance.Training.Evaluation;
using TorchSharp;

namespace Appliance.Worker;

/// <summary>One training run or evaluation on rows and files that came over the socket; nothing is written to a disk.</summary>
internal sealed class TrainingSession(
    FrameStream frames, long request, Hello hello, ITrainablePlugin plugin, TimeProvider clock) : ITrainingObserver
{
    private const string CheckpointBlob = "checkpoint";
    private const string ModelPrefix = "model/";
    internal async Task RunAsync(
        Train order, Dictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<RowMessage> rows)
    {
        var (recipe, errors) = RecipeReader.Read(order.Recipe);
        if (recipe is null)
        {
            throw new InvalidDataException(string.Join("; ", errors));
        }
        var resumes = files.Remove(CheckpointBlob, out var state);
        torch.random.manual_seed(recipe.Seed);
        using var task = plugin.Build(recipe, BaseModel(files), order.Labels, new torch.Device(hello.Device));
        using var trainer = new Trainer(recipe, task, this, clock);
        using var checkpoint = resumes ? SafeTensors.Parse(state) : null;
        var result = trainer.Run(Items(task, rows, "train"), Items(task, rows, "validation"), checkpoint, CancellationToken.None);
        var test = Examples(rows, "test");
        var predictions = Evaluator.Predict(task, test);
        List<long>? unquantized = null;
        if (recipe.Quantize != Quantization.None)
        {
            unquantized = [.. predictions];
            task.Quantize(recipe.Quantize);
            predictions = Evaluator.Predict(task, test);
        }
        foreach (var (name, content) in task.Save())
        {
            await Blobs.SendAsync(frames, request, "result/" + name, content, CancellationToken.None);
        }
        await frames.WriteAsync(
            Messages.Write(FrameKind.Trained, request, new Trained(
                result.Steps, result.BestEpoch, result.Seconds, result.ExamplesPerSecond, task.Precision, torch.get_num_threads(), [.. predictions],
                unquantized)),
            CancellationToken.None);
    }

    internal async Task EvaluateAsync(
        Evaluate order, Dictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<RowMessage> rows)
    {
        using var task = plugin.Reopen(BaseModel(files), new torch.Device(hello.Device));
        var known = Examples(rows, "test").Select(e => e with { Label = task.Labels[0] }).ToArray(); // labels play no part
        var predicted = Evaluator.Predict(task, known).Select(p => (long)order.Labels.IndexOf(task.Labels[(int)p]));
        await frames.WriteAsync(
            Messages.Write(FrameKind.Evaluated, request, new Evaluated([.. predicted])), CancellationToken.None);
    }

    public void Report(TrainingProgress p) =>
        Send(Messages.Write(FrameKind.Progress, request, new Progress(
            p.Step, p.StepsTotal, p.Epoch, p.Loss, p.LearningRate, p.ExamplesPerSecond, p.ValidationLoss, p.ValidationMetric,
            p.SecondsLeft)));

    public void SaveCheckpoint(ICheckpoint state)
    {
        using var stream = new MemoryStream();
        try
        {
            state.WriteTo(stream);
        }
        catch (IOException)
        {
            throw new InvalidDataException(
                "A checkpoint of this run passes 2 GB, more than the service keeps. Use method: lora, or train with appliance bench train --checkpoints.");
        }
        Blobs.SendAsync(frames, request, CheckpointBlob, stream.GetBuffer().AsMemory(0, (int)stream.Length), CancellationToken.None).GetAwaiter().GetResult();
    }

    private void Send(Frame frame) => frames.WriteAsync(frame, CancellationToken.None).GetAwaiter().GetResult();

    private static ModelFiles BaseModel(Dictionary<string, ReadOnlyMemory<byte>> files) => new(files
        .Where(f => f.Key.StartsWith(ModelPrefix, StringComparison.Ordinal))
        .ToDictionary(f => f.Key[ModelPrefix.Length..], f => f.Value));

    private static Item[] Items(IClassifyingTask task, IReadOnlyList<RowMessage> rows, string split) =>
        [.. Examples(rows, split).Select(task.Encode)];

    private static Example[] Examples(IReadOnlyList<RowMessage> rows, string split) =>
        [.. rows.Where(r => r.Split == split).Select(r => new Example(r.Text, r.Label))];
}
