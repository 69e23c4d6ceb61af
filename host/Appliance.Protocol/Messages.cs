using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Protocol;

/// <summary>First message: which plugin to load, and a number to say back.</summary>
public sealed record Hello(string Nonce, string Folder, string Assembly, string Type, string Task, string Device, int Threads);

/// <summary>The plugin is loaded.</summary>
public sealed record Ready(string Nonce);

/// <summary>Requests for answers, each the fields of one; at most 64.</summary>
public sealed record Ask(List<Dictionary<string, string>> Inputs);

/// <summary>One prediction, as in the SDK.</summary>
public sealed record PredictionMessage(string Label, double Score, string? Text, int? Start, int? End, bool Unsure);

/// <summary>One answer.</summary>
/// <param name="Picture">A PNG file in base64, or null.</param>
public sealed record AnswerMessage(List<PredictionMessage> Predictions, string? Picture);

/// <summary>Answers to requests or rows, in their order.</summary>
public sealed record Answers(List<AnswerMessage> Items);

/// <summary>A row of a dataset; split is <c>train</c>, <c>validation</c> or <c>test</c>.</summary>
public sealed record RowMessage(Dictionary<string, string> Fields, string Label, string Split);

/// <summary>Several rows.</summary>
public sealed record Rows(List<RowMessage> Items);

/// <summary>All rows and files are there: learn.</summary>
public sealed record Train(string Recipe, List<string> Labels);

/// <summary>Where a run stands.</summary>
public sealed record Progress(
    long Step, long StepsTotal, int Epoch, double Loss, double LearningRate, double ExamplesPerSecond,
    double? ValidationLoss, double? ValidationMetric, double SecondsLeft);

/// <summary>A run is over; answers to the test rows, and the model's files as blobs named <c>result/NAME</c>, came before.</summary>
public sealed record Trained(long Steps, int BestEpoch, double Seconds, double ExamplesPerSecond, string Precision, int Threads);

/// <summary>The request could not be done. The message is for the operator and quotes no input.</summary>
public sealed record Problem(string Code, string Message);

/// <summary>Reading and writing of messages without reflection: no type name ever comes from the wire.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Ready))]
[JsonSerializable(typeof(Ask))]
[JsonSerializable(typeof(Answers))]
[JsonSerializable(typeof(Rows))]
[JsonSerializable(typeof(Train))]
[JsonSerializable(typeof(Progress))]
[JsonSerializable(typeof(Trained))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class MessageContext : JsonSerializerContext;

/// <summary>Messages as frames and back.</summary>
public static class Messages
{
    public static Frame Write<T>(FrameKind kind, long request, T message) =>
        new(kind, request, JsonSerializer.SerializeToUtf8Bytes(message, typeof(T), MessageContext.Default));

    /// <exception cref="ProtocolException">The payload is not this message.</exception>
    public static T Read<T>(Frame frame)
        where T : class
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(frame.Payload.Span, typeof(T), MessageContext.Default)
                ?? throw new ProtocolException("an empty message");
        }
        catch (JsonException)
        {
            throw new ProtocolException($"a {frame.Kind} that cannot be read");
        }
    }
}
