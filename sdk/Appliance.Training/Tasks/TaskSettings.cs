using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Sdk.Recipes;

namespace Appliance.Training.Tasks;

/// <summary>What a trained task must know beside configuration and weights to answer as it was tested: <c>task.json</c>.</summary>
public sealed record TaskSettings
{
    internal const string FileName = "task.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        WriteIndented = true,
    };

    /// <summary>Tokens per example that count.</summary>
    public int MaxLength { get; init; } = 128;

    /// <summary>In which numbers it learnt, was tested and answers; <see cref="Precision.Fp32"/> where the processor has no bfloat16.</summary>
    public Precision Precision { get; init; }

    public Quantization Quantize { get; init; }

    /// <summary>How scores become probabilities that can be relied on.</summary>
    public Calibration Calibration { get; init; } = Calibration.None;

    /// <summary>Whether "no answer" is an answer: the training set had questions without one.</summary>
    public bool NoAnswer { get; init; }

    /// <summary>By how many nats a changed source must be likelier than the one that was given, so that it is answered.</summary>
    public double SourceBias { get; init; }

    /// <summary>Height and width that images are brought to, in pixels; 0 for a task without images.</summary>
    public int ImageSize { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="InvalidDataException">The bytes are no settings.</exception>
    public static TaskSettings Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<TaskSettings>(json.Span, Json) ?? throw new InvalidDataException("task.json is empty.");
        }
        catch (JsonException)
        {
            throw new InvalidDataException("task.json is damaged, or of another version: train the model again.");
        }
    }
}
