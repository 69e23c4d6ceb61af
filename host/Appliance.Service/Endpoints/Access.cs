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

    internal sealed record RolesMetadata(string[] Roles);
}
