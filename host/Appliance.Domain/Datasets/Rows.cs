using Appliance.Domain.Privacy;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Datasets;

/// <summary>A row that was read well.</summary>
/// <param name="Line">1-based line of the file where the row begins.</param>
/// <param name="Fields">What a request of the task would carry.</param>
/// <param name="Label">The class; empty for other answers.</param>
public sealed record RawRow(string File, int Line, IReadOnlyDictionary<string, Sensitive<string>> Fields, string Label)
{
    /// <summary>The stretches of the last field that are right, for answers that are spans.</summary>
    public IReadOnlyList<TextSpan> Spans { get; init; } = [];

    /// <summary>The text that is right, for answers that are texts.</summary>
    public Sensitive<string>? Target { get; init; }
}

/// <summary>A row that could not be read, and why; never a part of its content.</summary>
public sealed record BadRow(string File, int Line, string Reason);

/// <summary>How a file of rows is laid out.</summary>
/// <param name="Format">One of <see cref="RowParser.Formats"/>.</param>
/// <param name="Columns">Column of each field, for tables and JSON lines.</param>
/// <param name="LabelColumn">Name of the column with the label.</param>
/// <param name="LabelNames">Name of each label as it stands in the file; empty takes any label as it is.</param>
/// <param name="Answer">What the label is.</param>
public sealed record RowLayout(
    string Format, IReadOnlyList<(string Field, string Column)> Columns, string LabelColumn, IReadOnlyDictionary<string, string> LabelNames,
    AnswerKind Answer = AnswerKind.Class)
{
    /// <summary>The field that holds a picture in base64, or null.</summary>
    public string? ImageField { get; init; }

    /// <summary>Texts with a class each, the commonest layout.</summary>
    public static RowLayout Texts(string format, string text, string label, IReadOnlyDictionary<string, string>? names = null) =>
        new(format, [("text", text)], label, names ?? new Dictionary<string, string>());

    /// <summary>A layout; formats that have one kind of answer only bring it along.</summary>
    /// <param name="image">The field that holds a picture, or null.</param>
    public static RowLayout Of(
        string format, IReadOnlyList<(string Field, string Column)> columns, string label, IReadOnlyDictionary<string, string> names, AnswerKind answer, string? image) =>
        format switch
        {
            "conll" => new RowLayout(format, columns, label, names, AnswerKind.Spans),
            "squad" => new RowLayout(format, columns, label, names, AnswerKind.Span),
            "parallel" => new RowLayout(format, columns, label, names, AnswerKind.Text),
            "idx" => new RowLayout(format, columns, label, names) { ImageField = "image" },
            _ => new RowLayout(format, columns, label, names, answer) { ImageField = image },
        };
}
