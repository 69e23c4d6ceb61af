using System.Text.Json.Nodes;
using Appliance.Cli.Client;
using Appliance.Cli.Verbs;

namespace Appliance.Cli.Demo;

/// <summary>A training to its end, watched; the model that came out, with its passport.</summary>
internal static class DemoTraining
{
    /// <param name="recipe">Path of the recipe.</param>
    /// <exception cref="ApiException">It did not succeed.</exception>
    internal static async Task<JsonNode> RunAsync(Session session, string recipe, string dataset, string purpose, CancellationToken cancellationToken)
    {
        var job = await JobVerbs.SubmitAsync(
            session, await File.ReadAllTextAsync(recipe, cancellationToken), dataset, purpose, promote: true, cancellationToken);
        var ended = await JobVerbs.WatchAsync(session, job.Text("id"), cancellationToken);
        return ended.Text("state") == "succeeded"
            ? (await session.Api.GetAsync("/api/models/" + Uri.EscapeDataString(ended.Text("model")), cancellationToken))!
            : throw new ApiException(ExitCodes.Check, $"The training ended as {ended.Text("state")}: {ended.Text("problem")}");
    }
}
