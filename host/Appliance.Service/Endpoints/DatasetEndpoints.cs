using System.Text.RegularExpressions;
using Appliance.Domain.Datasets;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Appliance.Service.Endpoints;

/// <summary>Import and list datasets.</summary>
internal static partial class DatasetEndpoints
{
    private const int FilesMax = 256;
    private const int SplitSeed = 2026;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/datasets/{name}", ImportAsync).For("operator");
        routes.MapGet("/api/datasets", (IDatasets datasets) => Replies.Ok(datasets.List())).For("operator", "auditor", "approver");
        routes.MapGet("/api/datasets/{name}", (string name, IDatasets datasets) =>
            datasets.Find(Uri.UnescapeDataString(name)) is { } found ? Replies.Ok(found) : Replies.NotFound("dataset", "dataset list"))
            .For("operator", "auditor", "approver");
    }

    internal static bool IsName(string name) => NamePattern().IsMatch(name);

    private static async Task<IResult> ImportAsync(
        string name, HttpContext context, Importer importer, string format, string text, string label, string purpose, string zone,
        string? labels, string? labelNames, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            return Replies.Error(400, "invalid_name", "A dataset's name has lower-case letters, digits, dots and dashes, at most 64.");
        }
        if (!RowParser.Formats.Contains(format))
        {
            return Replies.Error(400, "unknown_format", $"Unknown format. Known: {string.Join(", ", RowParser.Formats)}.");
        }
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || type.Boundary.Value is not { Length: > 0 } boundary)
        {
            return Replies.Error(400, "not_multipart", "Send the files as multipart/form-data.");
        }
        var files = await ReadFilesAsync(context.Request.Body, HeaderUtilities.RemoveQuotes(boundary).Value!, cancellationToken);
        var layout = new RowLayout(format, text, label, ParseNames(labelNames));
        var request = new ImportRequest(
            name, files, layout, purpose, zone, labels?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? ["pii.direct"], SplitSeed);
        return Replies.Of(await importer.ImportAsync(request, context.Caller(), cancellationToken));
    }

    internal static async Task<List<(string Name, ReadOnlyMemory<byte> Content)>> ReadFilesAsync(
        Stream body, string boundary, CancellationToken cancellationToken)
    {
        var files = new List<(string, ReadOnlyMemory<byte>)>();
        var reader = new MultipartReader(boundary, body);
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            var given = section.GetContentDispositionHeader()?.FileName.Value?.Trim('"') ?? $"file-{files.Count + 1}";
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content, cancellationToken);
            files.Add((Path.GetFileName(given), content.GetBuffer().AsMemory(0, (int)content.Length)));
            if (files.Count > FilesMax)
            {
                throw new BadHttpRequestException($"At most {FilesMax} files can be sent at once.");
            }
        }
        return files;
    }

    // 0=complaint,1=question
    private static Dictionary<string, string> ParseNames(string? names) => (names ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
        .DistinctBy(pair => pair[0].Trim()).ToDictionary(pair => pair[0].Trim(), pair => pair[^1].Trim());

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex NamePattern();
}
