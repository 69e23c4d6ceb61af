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
/// <param name="Correct">Whether each test row was answered right, by row id: what the gate compares.</param>
/// <param name="Baseline">Accuracy of always answering the most frequent training label.</param>
public sealed record EvaluationReport(
    string Dataset,
    double Accuracy,
    double MacroF1,
    double Baseline,
    IReadOnlyList<IReadOnlyList<int>> Confusion,
    IReadOnlyDictionary<string, bool> Correct);

/// <summary>What fewer bits a weight cost on the frozen test set.</summary>
/// <param name="Kind"><c>int8</c>.</param>
/// <param name="AccuracyBefore">Of the float weights, 0 to 1.</param>
/// <param name="AccuracyAfter">Of the model as it serves, 0 to 1.</param>
/// <param name="Changed">Test rows that are answered otherwise than before.</param>
public sealed record QuantizationReport(string Kind, double AccuracyBefore, double AccuracyAfter, int Changed);

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
