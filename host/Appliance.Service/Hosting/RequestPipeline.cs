using System.Text.Json;
using Appliance.Domain.Audit;
using Appliance.Service.Endpoints;
using Appliance.Storage.Audit;
using Microsoft.AspNetCore.Connections.Features;

namespace Appliance.Service.Hosting;

/// <summary>What every request passes before its endpoint.</summary>
internal static partial class RequestPipeline
{
    /// <summary>The kernel says who calls; the endpoint says which roles it serves; anything else is refused and recorded.</summary>
    internal static async Task KnownCallersOnly(HttpContext context, RequestDelegate next)
    {
        var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        var caller = socket is null ? null : context.RequestServices.GetRequiredService<Callers>().Of(socket);
        var roles = context.GetEndpoint()?.Metadata.GetMetadata<Access.RolesMetadata>()?.Roles;
        var records = context.GetEndpoint()?.Metadata.GetMetadata<Access.RecordsMetadata>();
        // An endpoint that does not say what it records is closed, like one that names no roles.
        if (caller is null || roles is null || records is null || !roles.Contains(caller.Role))
        {
            await context.RequestServices.GetRequiredService<IAuditLog>().AppendAsync(new AuditEntry(
                AuditActions.CallRefused, AuditPhase.Event, caller?.Id ?? "unknown", "api/endpoint", Decision: "deny", Code: "role"));
            var message = caller is null
                ? "Your user has no role here. Ask an administrator to add you to the group appliance-client or appliance-operator."
                : $"This needs the role {string.Join(" or ", roles ?? ["none"])}; you have {caller.Role}.";
            await Replies.Error(403, "forbidden", message).ExecuteAsync(context);
            return;
        }
        context.SetCaller(caller);
        var audit = context.RequestServices.GetRequiredService<IAuditLog>();
        if (context.RequestServices.GetRequiredService<Sessions>().Begins(caller))
        {
            await audit.AppendAsync(new AuditEntry(
                AuditActions.Login, AuditPhase.Event, caller.Id, "api/session", Decision: "allow", Code: "ok")
            { Role = caller.Role });
        }
        if (records.ByPipeline)
        {
            await audit.AppendAsync(new AuditEntry(
                records.Actions[0], AuditPhase.Event, caller.Id, Looked(context), Decision: "allow", Code: "ok")
            { Role = caller.Role });
        }
        if (context.GetEndpoint()!.Metadata.GetMetadata<Access.RoomMetadata>() is not null // it has roles, so there is one
            && context.RequestServices.GetRequiredService<SqliteAuditLog>().Disk >= DiskLevel.Low)
        {
            await audit.AppendAsync(new AuditEntry(records.Actions[0], AuditPhase.Event, caller.Id, "api/endpoint", Decision: "deny", Code: "disk-low") { Role = caller.Role });
            await Replies.Error(507, "disk_low", "The disk is nearly full: nothing new is taken in, so that what is here can go on. Free disk space and try again.").ExecuteAsync(context);
            return;
        }
        await next(context);
    }

    // A name in a path is a caller's own word: only one that has the shape of an id gets into the log.
    private static AuditWord Looked(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var id = string.Join('/', path.SkipWhile(p => p == "api").Select(Uri.UnescapeDataString));
        return context.GetEndpoint() is RouteEndpoint { RoutePattern.Parameters.Count: 0 } && AuditWord.Fits(id) ? id
            : path.Length > 1 && AuditWord.Fits(path[1]) ? path[1] + "/one" : "api/endpoint";
    }

    /// <summary>No exception reaches a caller or a log with its text: it may quote a request.</summary>
    internal static async Task ErrorsAsWords(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up; the records are written.
        }
        catch (AuditUnavailableException e)
        {
            await AnswerAsync(context, 503, "audit_unavailable", e.Message);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.StatusCode == 413 ? "too_large" : "bad_request", e.StatusCode == 413
                ? "The request is larger than 256 MiB. Split the files into several imports."
                : e.InnerException is JsonException ? "The body is not the JSON that this address takes." : "The request is malformed.");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            Log(context, e);
            await AnswerAsync(context, 507, "storage", "Something on disk cannot be read or written. Free disk space; see the service's log.");
        }
        catch (Exception e) // boundary: the last one before the socket
        {
            Log(context, e);
            await AnswerAsync(context, 500, "broken", "The appliance made a mistake. Nothing was answered; see the service's log.");
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string code, string message) =>
        context.Response.HasStarted ? Task.CompletedTask : Replies.Error(status, code, message).ExecuteAsync(context);

    private static void Log(HttpContext context, Exception e) => LogBroken(
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Appliance.Service"), e.GetType().Name,
        e.TargetSite?.DeclaringType?.FullName ?? "?", e.TargetSite?.Name ?? "?");

    [LoggerMessage(1002, LogLevel.Error, "A request broke: {Kind} in {Type}.{Method}")]
    private static partial void LogBroken(ILogger logger, string kind, string type, string method);
}
