using Appliance.Protocol;
using Appliance.Sdk.Plugins;

namespace Appliance.Worker;

/// <summary>Puts requests to a task and sends its answers, in batches that fit into frames.</summary>
internal static class Answering
{
    private const int AnswersPerFrame = 64;
    private const int PredictionsScored = 100; // of a test row; what is answered for a caller is never cut

    /// <summary>Answers all requests in their order, with as many frames as it takes.</summary>
    internal static async Task SendAsync(FrameStream frames, long request, FrameKind kind, ITask task, IReadOnlyList<TaskInput> inputs)
    {
        foreach (var some in inputs.Chunk(AnswersPerFrame))
        {
            var answers = task.Answer(some);
            await frames.WriteAsync(Messages.Write(kind, request, new Answers([.. answers.Select(a => Message(a, kind == FrameKind.Answer ? int.MaxValue : PredictionsScored))])), CancellationToken.None);
        }
    }

    private static AnswerMessage Message(TaskOutput output, int predictionsMax) => new(
        [.. output.Predictions.Take(predictionsMax).Select(p => new PredictionMessage(p.Label, p.Score, p.Text, p.Start, p.End, p.Unsure))],
        output.Picture is { } picture ? Convert.ToBase64String(picture.Span) : null);
}
