using Appliance.Protocol;
using Appliance.Sdk.Plugins;

namespace Appliance.Workers;

/// <summary>Answers out of a worker's frame. The worker is hostile: scores that are no probabilities, endless lists and odd pictures end here.</summary>
internal static class AnswerCheck
{
    private const int PredictionsMax = 10_000;
    private const int LabelLengthMax = 256;
    private const int TextLengthMax = 1 << 20;
    private const int PictureBytesMax = 1 << 20;

    /// <exception cref="ProtocolException">An answer is out of range.</exception>
    internal static IReadOnlyList<TaskOutput> Outputs(Frame frame) => [.. Messages.Read<Answers>(frame).Items.Select(Output)];

    private static TaskOutput Output(AnswerMessage answer)
    {
        if (answer.Predictions.Count > PredictionsMax || !answer.Predictions.All(IsSound))
        {
            throw new ProtocolException("predictions out of range");
        }
        return new TaskOutput(
            [.. answer.Predictions.Select(p => new Prediction(p.Label, p.Score, p.Text, p.Start, p.End, p.Unsure))],
            answer.Picture is null ? null : Picture(answer.Picture));
    }

    private static bool IsSound(PredictionMessage p) =>
        p.Score is >= 0 and <= 1.000001 && p.Label.Length <= LabelLengthMax && (p.Text?.Length ?? 0) <= TextLengthMax && !(p.Start < 0) && !(p.Start > p.End);

    private static ReadOnlyMemory<byte> Picture(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) && length <= PictureBytesMax && bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])
            ? bytes.AsMemory(0, length)
            : throw new ProtocolException("a picture that is no PNG of at most 1 MiB");
    }
}
