using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Appliance.Service.Endpoints;

/// <summary>Files that come with a request as multipart/form-data; their names lose every folder.</summary>
internal static class Uploads
{
    private const int FilesMax = 256;

    /// <returns>The files in the order in which they came, or null when the request is not multipart.</returns>
    /// <exception cref="BadHttpRequestException">There are more than 256 files.</exception>
    internal static async Task<List<(string Name, ReadOnlyMemory<byte> Content)>?> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.Boundary.Value is not { Length: > 0 } boundary)
        {
            return null;
        }
        var files = new List<(string, ReadOnlyMemory<byte>)>();
        var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(boundary).Value!, request.Body);
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

    internal static IResult NotMultipart() => Replies.Error(400, "not_multipart", "Send the files as multipart/form-data.");
}
