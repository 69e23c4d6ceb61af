using Appliance.Sdk.Scoring;

namespace Appliance.Domain.Models;

/// <summary>Where a model stands in its life.</summary>
public enum ModelState
{
    /// <summary>An untrained base that runs start from.</summary>
    Base,
    Candidate,
    Live,
    Retired,
    Rejected,
}

/// <summary>A file of a model.</summary>
/// <param name="Blob">Address of the encrypted content.</param>
/// <param name="Sha256">Lower-case hexadecimal hash of the plain content.</param>
public sealed record ModelFile(string Name, string Blob, long SizeBytes, string Sha256);

/// <summary>How well a model did on a frozen test set.</summary>
/// <param name="Measure">What <paramref name="Score"/> is, such as <c>accuracy</c> or <c>entity_f1</c>.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Baseline">The same of an answer that needs no model, such as the most frequent training label.</param>
/// <param name="Metrics">Further figures by name, such as <c>macro_f1</c> and <c>calibration_error</c>.</param>
/// <param name="Confusion">Truth by prediction, for classes; else empty.</param>
/// <param name="Rows">How much of each test row is right, by row id: what the gate compares.</param>
public sealed record EvaluationReport(
    string Dataset,
    string Measure,
    double Score,
    double Baseline,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<IReadOnlyList<int>> Confusion,
    IReadOnlyDictionary<string, RowScore> Rows);

/// <summary>What fewer bits a weight cost on the frozen test set.</summary>
/// <param name="Kind"><c>int8</c>.</param>
/// <param name="ScoreBefore">Of the float weights, 0 to 1.</param>
/// <param name="ScoreAfter">Of the model as it serves, 0 to 1.</param>
/// <param name="Changed">Test rows that are answered otherwise than before.</param>
public sealed record QuantizationReport(string Kind, double ScoreBefore, double ScoreAfter, int Changed);

/// <summary>Where a model comes from and what is known of it.</summary>
/// <param name="Recipe">The recipe's own text.</param>
public sealed record Passport(
    string BaseModel,
    string Dataset,
    string DatasetBlob,
    string PolicyHash,
    string Plugin,
    string PluginVersion,
    string Recipe,
    string Precision,
    int Threads,
    long Steps,
    int BestEpoch,
    double TrainSeconds,
    double ExamplesPerSecond,
    EvaluationReport? Evaluation,
    GateVerdict? Gate,
    QuantizationReport? Quantization = null);

/// <summary>A model as it was made once: immutable files, and the papers that go with them.</summary>
/// <param name="Alias">What it serves: a task's name, or empty for a base.</param>
public sealed record ModelVersion(
    string Name,
    int Version,
    string Task,
    ModelState State,
    IReadOnlyList<ModelFile> Files,
    IReadOnlyList<string> DataLabels,
    Passport? Passport,
    DateTimeOffset Created)
{
    public string Id => $"{Name}/v{Version}";
}

/// <summary>Keeps models, and which of them serves each task.</summary>
public interface IModels
{
    Task<ModelVersion> AddAsync(
        ModelVersion draft, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken cancellationToken);

    /// <returns>The model <c>name</c> (its newest version) or <c>name/vN</c>, or null.</returns>
    ModelVersion? Find(string id);

    IReadOnlyList<ModelVersion> List();

    /// <summary>The model that serves a task, or null.</summary>
    ModelVersion? Serving(string task);

    /// <summary>The model that served the task before, or null.</summary>
    ModelVersion? Previous(string task);

    /// <exception cref="InvalidDataException">A file's hash does not match: the disk or somebody changed it.</exception>
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ReadFiles(ModelVersion model);

    void SetPassport(ModelVersion model, Passport passport, ModelState state);

    /// <summary>Moves a task's alias to a model in one transaction; the one before is kept for a rollback.</summary>
    void Serve(string task, ModelVersion model);
}
