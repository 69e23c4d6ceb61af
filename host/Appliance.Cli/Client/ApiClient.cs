using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Appliance.Cli.Client;

/// <summary>The service said no, or could not be reached.</summary>
/// <param name="exitCode">The command's exit code, as the README lists them.</param>
public sealed class ApiException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>Calls the service over its Unix socket; there is no other way to it.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _socket;

    public ApiClient(string? root)
    {
        _socket = root is null ? "/run/appliance/api.sock" : Path.Combine(Path.GetFullPath(root), "run", "api.sock");
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false })
        {
            BaseAddress = new Uri("http://appliance"),
            Timeout = Timeout.InfiniteTimeSpan, // the service bounds its own work; a person can press ctrl-c
        };
    }

    public Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<JsonNode?> PostAsync(string path, JsonNode body, CancellationToken cancellationToken) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
            },
            cancellationToken);

    /// <summary>Sends files as multipart/form-data, streamed from disk.</summary>
    public async Task<JsonNode?> UploadAsync(string path, IEnumerable<string> files, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent();
        foreach (var file in files)
        {
            var content = new StreamContent(File.OpenRead(file));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            form.Add(content, "file", Path.GetFileName(file));
        }
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = form }, cancellationToken);
    }

    public async Task<string> TextAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await CallAsync(new HttpRequestMessage(method, path), cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Copies a long answer as it comes.</summary>
    public async Task CopyAsync(string path, Stream output, CancellationToken cancellationToken)
    {
        using var response = await CallAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        await response.Content.CopyToAsync(output, cancellationToken);
    }

    /// <summary>Server-sent events as (name, data).</summary>
    public async IAsyncEnumerable<(string Name, JsonNode Data)> EventsAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await CallAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var name = "";
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return (name, JsonNode.Parse(line["data: ".Length..])!);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await CallAsync(request, cancellationToken);
        return await JsonNode.ParseAsync(
            await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
    }

    private async Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException)
        {
            throw new ApiException(ExitCodes.Unreachable,
                $"The service does not answer on {_socket}. Start it: systemctl start appliance-host, or: appliance run --root DIR");
        }
        catch (HttpRequestException)
        {
            throw new ApiException(ExitCodes.Broken, "The service closed the connection. The request may be too large; see the service's log.");
        }
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw await RefusalAsync(response, cancellationToken);
        }
    }

    private static async Task<ApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var message = $"The service answered {(int)response.StatusCode}.";
        try
        {
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            message = body?["error"]?["message"]?.GetValue<string>() ?? message;
        }
        catch (JsonException)
        {
            // The status alone must do.
        }
        return new ApiException(
            response.StatusCode switch
            {
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => ExitCodes.Usage,
                HttpStatusCode.Forbidden => ExitCodes.Policy,
                HttpStatusCode.NotFound => ExitCodes.NotFound,
                HttpStatusCode.Conflict => ExitCodes.Check,
                _ => ExitCodes.Broken,
            },
            message);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
