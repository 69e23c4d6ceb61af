using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Sdk.Plugins;
using System.Text.RegularExpressions;

namespace Appliance.Service.Endpoints;

/// <summary>Import and list datasets.</summary>
internal static partial class DatasetEndpoints
{
    private const int SplitSeed = 2026;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/datasets/{name}", ImportAsync).For("operator").Writes(AuditActions.Import).NeedsRoom();
        routes.MapGet("/api/datasets", (IDatasets datasets) => Replies.Ok(datasets.List())).For("operator", "auditor", "approver").Unrecorded();
        routes.MapGet("/api/datasets/{name}", (string name, IDatasets datasets) =>
            datasets.Find(Uri.UnescapeDataString(name)) is { } found ? Replies.Ok(found) : Replies.NotFound("dataset", "dataset list"))
            .For("operator", "auditor", "approver").Recorded(AuditActions.View);
    }

    internal static bool IsName(string name) => NamePattern().IsMatch(name);

    private static async Task<IResult> ImportAsync(
        string name, HttpContext context, Importer importer, string format, string label, string purpose, string zone,
        string? labels, string? labelNames, string? text, string? fields, string? answer, string? image, bool? keepParts, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            return Replies.Error(400, "invalid_name", "A dataset's name has lower-case letters, digits, dots and dashes, at most 64.");
        }
        if (!RowParser.Formats.Contains(format))
        {
            return Replies.Error(400, "unknown_format", $"Unknown format. Known: {string.Join(", ", RowParser.Formats)}.");
        }
        if (!Enum.TryParse<AnswerKind>(answer ?? "class", ignoreCase: true, out var kind))
        {
            return Replies.Error(400, "unknown_answer", $"Unknown kind of answer. Known: {string.Join(", ", Enum.GetNames<AnswerKind>()).ToLowerInvariant()}.");
        }
        if (await Uploads.ReadAsync(context.Request, cancellationToken) is not { } files)
        {
            return Uploads.NotMultipart();
        }
        var layout = RowLayout.Of(format, Columns(fields ?? $"text={text ?? "text"}"), label, ParseNames(labelNames), kind, image);
        var request = new ImportRequest(
            name, files, layout, purpose, zone, labels?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? ["pii.direct"], SplitSeed)
        {
            KeepParts = keepParts ?? false,
        };
        return Replies.Of(await importer.ImportAsync(request, context.Caller(), cancellationToken));
    }

    // question=Q,context=C
    private static (string, string)[] Columns(string fields) =>
        [.. fields.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => (pair[0].Trim(), pair[^1].Trim()))];

    // 0=complaint,1=question
    private static Dictionary<string, string> ParseNames(string? names) => (names ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
        .DistinctBy(pair => pair[0].Trim()).ToDictionary(pair => pair[0].Trim(), pair => pair[^1].Trim());

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex NamePattern();
}
