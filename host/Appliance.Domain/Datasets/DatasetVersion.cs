using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>A redacted row as it is stored.</summary>
/// <param name="Id">Keyed hash of the redacted fields: the same row has the same id in every version.</param>
/// <param name="Fields">What a request of the task would carry.</param>
/// <param name="Label">What is right, written as the dataset's <see cref="AnswerKind"/> says.</param>
public sealed record StoredRow(string Id, IReadOnlyDictionary<string, string> Fields, string Label, Split Split);

/// <summary>A dataset as it was imported once: immutable, content-addressed, already redacted.</summary>
/// <param name="Blob">Address of the encrypted rows.</param>
/// <param name="Labels">Class names or types of spans, sorted; empty where answers are free.</param>
/// <param name="DataLabels">Policy labels after redaction.</param>
/// <param name="PiiByType">Findings by kind at import.</param>
/// <param name="SplitCounts">Rows in train, validation and test.</param>
public sealed record DatasetVersion(
    string Name,
    int Version,
    string Blob,
    int Rows,
    int BadRows,
    int Duplicates,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> DataLabels,
    string Zone,
    string Purpose,
    string PolicyHash,
    IReadOnlyDictionary<string, int> PiiByType,
    IReadOnlyDictionary<string, int> SplitCounts,
    DateTimeOffset Created,
    AnswerKind Answer = AnswerKind.Class)
{
    public string Id => $"{Name}/v{Version}";

    /// <summary>The fields of each row, in the task's order; spans point into the last.</summary>
    public IReadOnlyList<string> Fields { get; init; } = ["text"];
}

/// <summary>Keeps datasets; their rows are encrypted.</summary>
public interface IDatasets
{
    Task<DatasetVersion> AddAsync(DatasetVersion draft, IReadOnlyList<StoredRow> rows, CancellationToken cancellationToken);

    /// <returns>The dataset <c>name</c> (its newest version) or <c>name/vN</c>, or null.</returns>
    DatasetVersion? Find(string id);

    IReadOnlyList<DatasetVersion> List();

    IReadOnlyList<StoredRow> ReadRows(DatasetVersion dataset);

    /// <summary>The id of a redacted text.</summary>
    string RowId(string redactedText);
}
