using Appliance.Domain.Privacy;

namespace Appliance.Domain.Datasets;

/// <summary>A row that was read well.</summary>
/// <param name="Line">1-based line of the file where the row begins.</param>
public sealed record RawRow(string File, int Line, Sensitive<string> Text, string Label);

/// <summary>A row that could not be read, and why; never a part of its content.</summary>
public sealed record BadRow(string File, int Line, string Reason);

/// <summary>How a file of rows is laid out.</summary>
/// <param name="Format"><c>csv</c>, <c>tsv</c> or <c>jsonl</c>.</param>
/// <param name="TextColumn">Name of the column with the text.</param>
/// <param name="LabelColumn">Name of the column with the label.</param>
/// <param name="LabelNames">Name of each label as it stands in the file; empty takes any label as it is.</param>
public sealed record RowLayout(
    string Format, string TextColumn, string LabelColumn, IReadOnlyDictionary<string, string> LabelNames);
