using Appliance.Domain;

namespace Appliance.Service.Endpoints;

/// <summary>Which role may call what; an endpoint that names no roles is closed.</summary>
internal static class Access
{
    private const string Key = "caller";

    internal static Caller Caller(this HttpContext context) => (Caller)context.Items[Key]!;

    internal static void SetCaller(this HttpContext context, Caller caller) => context.Items[Key] = caller;

    /// <summary>Opens an endpoint to these roles.</summary>
    internal static TBuilder For<TBuilder>(this TBuilder endpoint, params string[] roles)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RolesMetadata(roles));

    /// <summary>The endpoint's own code writes these records; a test drives it and looks for them.</summary>
    internal static TBuilder Writes<TBuilder>(this TBuilder endpoint, params string[] actions)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RecordsMetadata(actions, ByPipeline: false));

    /// <summary>The pipeline writes this record before the endpoint runs: for what only looks.</summary>
    internal static TBuilder Recorded<TBuilder>(this TBuilder endpoint, string action)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RecordsMetadata([action], ByPipeline: true));

    /// <summary>Nothing is written: the endpoint shows no data of anybody, and is asked all day long.</summary>
    internal static TBuilder Unrecorded<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RecordsMetadata([], ByPipeline: false));

    /// <summary>Refused while the disk is low, so that what is there already can go on: imports, trainings, plugins.</summary>
    internal static TBuilder NeedsRoom<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RoomMetadata());

    internal sealed record RoomMetadata;

    internal sealed record RecordsMetadata(string[] Actions, bool ByPipeline);

    internal sealed record RolesMetadata(string[] Roles);
}
