using System.Globalization;
using System.Text.Json.Nodes;

namespace Appliance.Tui.Screens;

/// <summary>A job as the screens show it.</summary>
public sealed record JobFacts(
    string Id, string State, string Task, string Dataset, long Step, long StepsTotal, double? Loss, double? Speed, double? SecondsLeft,
    string Model, string Problem, IReadOnlyList<(double X, double Y)> Losses, IReadOnlyList<(double X, double Y)> Validations);

/// <summary>A record of the log as the screens show it.</summary>
public sealed record AuditFacts(string Seq, string Time, string Action, string Actor, string Object, string Decision, string Code);

/// <summary>An installed plugin as the screens show it.</summary>
/// <param name="Reason">Why it is in its state; empty where there is nothing to say.</param>
public sealed record PluginFacts(string Id, string Version, string State, string Reason, string Tasks, string Capabilities);

/// <summary>What the host said last; taken out of its JSON once, so that views are plain.</summary>
public sealed record Facts(
    string Version, string Uptime, long AuditSize, bool AuditBlocked, string Policy, IReadOnlyList<string> Plugins,
    IReadOnlyList<(string Task, string Model)> Serving, IReadOnlyList<(string Outcome, string Count)> Requests, long DiskFreeBytes,
    IReadOnlyList<JobFacts> Jobs, IReadOnlyList<AuditFacts> Audit, IReadOnlyList<PluginFacts> Installed)
{
    /// <param name="job">The selected job with its history, or null.</param>
    /// <param name="plugins">The installed ones, or null where they are not looked at.</param>
    public static Facts Of(JsonNode status, JsonNode jobs, JsonNode? job, JsonNode audit, JsonNode? plugins = null) => new(
        Text(status["version"]),
        TimeSpan.FromSeconds(Number(status["uptime_seconds"]) ?? 0).ToString("g", CultureInfo.InvariantCulture),
        (long)(Number(status["audit"]?["size"]) ?? 0),
        status["audit"]?["blocked"]?.GetValue<bool>() ?? false,
        $"v{Text(status["policy"]?["version"])} {Clip(Text(status["policy"]?["hash"]), 8)}",
        [.. List(status["plugins"]).Select(p => $"{Text(p?["id"])} {Text(p?["version"])}")],
        [.. Object(status["serving"]).Select(s => (s.Key, s.Value is null ? "nothing yet" : Text(s.Value)))],
        [.. Object(status["requests"]).Select(r => (r.Key, Text(r.Value)))],
        (long)(Number(status["disk_free_bytes"]) ?? 0),
        [.. List(jobs).Reverse().Select(j => Job(Text(j?["job"]?["id"]) == Text(job?["job"]?["id"]) ? job : j))],
        [.. List(audit).Reverse().Select(Record)],
        [.. List(plugins).Select(Plugin)]);

    private static PluginFacts Plugin(JsonNode? p) => new(
        Text(p?["id"]), Text(p?["version"]), Text(p?["state"]).ToUpperInvariant().Replace("_", "", StringComparison.Ordinal), Text(p?["reason"]), string.Join(", ", List(p?["tasks"]).Select(Text)),
        string.Join(", ", List(p?["capabilities"]).Select(Text)));

    private static JobFacts Job(JsonNode? j)
    {
        var (facts, progress) = (j?["job"], j?["progress"]);
        var history = List(j?["history"]);
        return new JobFacts(
            Text(facts?["id"]), Text(facts?["state"]).ToUpperInvariant(), Text(facts?["task"]), Text(facts?["dataset"]),
            (long)(Number(progress?["step"]) ?? 0), (long)(Number(progress?["steps_total"]) ?? 0), Number(progress?["loss"]),
            Number(progress?["examples_per_second"]), Number(progress?["seconds_left"]), Text(facts?["model"]), Text(facts?["problem"]),
            [.. history.Where(p => Number(p?["learning_rate"]) > 0).Select(p => (Number(p?["step"]) ?? 0, Number(p?["loss"]) ?? double.NaN))],
            [.. history.Where(p => Number(p?["learning_rate"]) is 0 or null).Select(p => (Number(p?["step"]) ?? 0, Number(p?["validation_loss"]) ?? double.NaN))]);
    }

    private static AuditFacts Record(JsonNode? r) => new(
        Text(r?["seq"]),
        DateTimeOffset.FromUnixTimeMilliseconds((long)(Number(r?["ts_ms"]) ?? 0)).ToString("MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        $"{Text(r?["act"])} {Text(r?["phase"])}", Text(r?["actor"]), Text(r?["obj"]), Text(r?["decision"]).ToUpperInvariant(), Text(r?["code"]));

    private static IEnumerable<JsonNode?> List(JsonNode? node) => node as JsonArray ?? [];

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Object(JsonNode? node) => node as JsonObject ?? [];

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    private static double? Number(JsonNode? node) =>
        node is JsonValue v && double.TryParse(v.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Clip(string text, int length) => text.Length <= length ? text : text[..length];
}
