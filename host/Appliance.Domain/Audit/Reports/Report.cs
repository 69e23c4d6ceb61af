namespace Appliance.Domain.Audit.Reports;

/// <summary>A table of a report; words that the reader sees are keys of <see cref="ReportTexts"/>, cells are ids and numbers.</summary>
/// <param name="Title">Key of its heading.</param>
/// <param name="Columns">Keys of its column headings.</param>
public sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>A report before it is written in a language.</summary>
/// <param name="Kind">One of <see cref="ReportKinds.All"/>; keys <c>KIND.title</c> and <c>KIND.law</c> have its heading and the law.</param>
public sealed record Report(string Kind, IReadOnlyList<ReportTable> Tables);

/// <summary>What a report is made from.</summary>
/// <param name="Subject">A pseudonym, for the report about one person.</param>
/// <param name="Object">An id such as <c>model/m/v1</c>, for the lineage of one.</param>
public sealed record ReportRequest(
    IReadOnlyList<AuditFact> Facts, Policies.PolicySet Policy, DateTimeOffset Now, int KeepDays, string? Subject = null, string? Object = null);
