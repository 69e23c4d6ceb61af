using Appliance.Models.Checkpoints;
using Appliance.Protocol;
using Appliance.Sdk.Plugins;
using Appliance.Sdk.Recipes;
using Appliance.Training;
using TorchSharp;

namespace Appliance.Worker;

/// <summary>One training run on rows and files that came over the socket; nothing is written to a disk but the worker's own scratch.</summary>
internal sealed class TrainingSession(
    FrameStream frames, long request, Hello hello, ITrainablePlugin plugin, TimeProvider clock) : ITrainingObserver
{
    private const string CheckpointBlob = "checkpoint";
    private const string ModelPrefix = "model/";

    internal async Task RunAsync(
        Train order, Dictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<RowMessage> rows)
    {
        // 1 The recipe, the base, and where an earlier run got to.
        var (recipe, errors) = RecipeReader.Read(order.Recipe);
        if (recipe is null)
        {
            throw new InvalidDataException(string.Join("; ", errors));
        }
        var resumes = files.Remove(CheckpointBlob, out var state);
        torch.random.manual_seed(recipe.Seed);
        using var task = plugin.Build(recipe, ModelOf(files), order.Labels, new torch.Device(hello.Device));
        using var trainer = new Trainer(recipe, task, this, clock);
        using var checkpoint = resumes ? SafeTensors.Parse(state) : null;

        // 2 Learn; fit the scores on rows that were not learnt from.
        var held = Labelled(rows, "validation");
        var result = trainer.Run(
            [.. Labelled(rows, "train").SelectMany(r => task.Encode(r, learning: true))], [.. held.SelectMany(r => task.Encode(r, learning: false))],
            checkpoint, CancellationToken.None);
        task.Calibrate(held);

        // 3 Answer the test rows as they will be answered, and before fewer bits a weight where the recipe asks for that.
        var test = Labelled(rows, "test").Select(r => r.Input).ToArray();
        if (recipe.Quantize != Quantization.None)
        {
            await AnswersAsync(task, test, FrameKind.Unquantized);
            task.Quantize(recipe.Quantize);
        }
        await AnswersAsync(task, test, FrameKind.TestAnswers);

        // 4 The model.
        foreach (var (name, content) in task.Save())
        {
            await Blobs.SendAsync(frames, request, "result/" + name, content, CancellationToken.None);
        }
        await frames.WriteAsync(
            Messages.Write(FrameKind.Trained, request, new Trained(
                result.Steps, result.BestEpoch, result.Seconds, result.ExamplesPerSecond, task.Precision, torch.get_num_threads())),
            CancellationToken.None);
    }

    /// <summary>A run's model files out of all that were sent.</summary>
    internal static ModelFiles ModelOf(Dictionary<string, ReadOnlyMemory<byte>> files) => new(files
        .Where(f => f.Key.StartsWith(ModelPrefix, StringComparison.Ordinal))
        .ToDictionary(f => f.Key[ModelPrefix.Length..], f => f.Value));

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

    private Task AnswersAsync(ITask task, IReadOnlyList<TaskInput> inputs, FrameKind kind) => Answering.SendAsync(frames, request, kind, task, inputs);

    private void Send(Frame frame) => frames.WriteAsync(frame, CancellationToken.None).GetAwaiter().GetResult();

    private static LabelledInput[] Labelled(IReadOnlyList<RowMessage> rows, string split) =>
        [.. rows.Where(r => r.Split == split).Select(r => new LabelledInput(new TaskInput(r.Fields), r.Label))];
}
