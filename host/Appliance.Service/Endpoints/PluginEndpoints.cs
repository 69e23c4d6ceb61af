using Appliance.Packages;
using Appliance.Service.Plugins;

namespace Appliance.Service.Endpoints;

/// <summary>Install, list, switch and remove plugins.</summary>
internal static class PluginEndpoints
{
    internal sealed record PluginRequest(string Plugin);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/plugins", (PluginCatalogue catalogue) => Replies.Ok(catalogue.List().Select(Brief))).For("operator", "auditor", "approver").Unrecorded();
        routes.MapPost("/api/plugins", async (HttpContext context, PluginCatalogue catalogue, CancellationToken cancellationToken) =>
            await Uploads.ReadAsync(context.Request, cancellationToken) is [var only]
                ? Answer(await catalogue.InstallAsync(only.Content.ToArray(), context.Caller()))
                : Replies.Error(400, "one_package", "Send one .aplug file.")).For("operator", "approver").Writes("plugin.install").NeedsRoom();
        Map(routes, "enable", (catalogue, id, caller) => catalogue.EnableAsync(id, true, caller));
        Map(routes, "disable", (catalogue, id, caller) => catalogue.EnableAsync(id, false, caller));
        Map(routes, "restart", (catalogue, id, caller) => catalogue.RestartAsync(id, caller));
        Map(routes, "remove", (catalogue, id, caller) => catalogue.RemoveAsync(id, caller));
    }

    private static void Map(
        IEndpointRouteBuilder routes, string verb, Func<PluginCatalogue, string, Domain.Caller, Task<Domain.Outcome<StoredPlugin>>> act) =>
        routes.MapPost($"/api/plugins/{verb}", async (PluginRequest request, HttpContext context, PluginCatalogue catalogue) =>
            Answer(await act(catalogue, request.Plugin, context.Caller()))).For("operator", "approver").Writes("plugin." + verb);

    private static IResult Answer(Domain.Outcome<StoredPlugin> outcome) =>
        outcome.Refusal is { } refusal ? Replies.Refuse(refusal) : Replies.Ok(Brief(outcome.Value!)); // one of the two

    private static object Brief(StoredPlugin p) =>
        new { p.Id, p.Version, p.State, p.Reason, Tasks = p.Manifest?.Tasks.Select(t => t.Name) ?? [], Capabilities = p.Manifest?.Capabilities ?? [] };
}
