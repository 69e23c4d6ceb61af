using System.Text.Json;

namespace Appliance.Domain.Audit.Exports;

/// <summary>OCSF 1.6: each action has its class; what OCSF has no word for stands under <c>unmapped</c>.</summary>
internal static class Ocsf
{
    private const string Version = "1.6.0";
    private const int Other = 99;

    internal static IEnumerable<object> Of(ExportHead head, IEnumerable<AuditFact> facts)
    {
        var last = DateTimeOffset.UnixEpoch;
        foreach (var fact in facts)
        {
            last = fact.Time;
            yield return Event(head, fact);
        }
        yield return Base(head, AuditClass.ApiActivity, 2, last, 1, "checkpoint", new Dictionary<string, object>
        {
            ["actor"] = User("host"), ["api"] = new { operation = AuditActions.Sign }, ["src_endpoint"] = new { name = "local" },
            ["unmapped"] = new { checkpoint = head.Checkpoint },
        });
    }

    private static Dictionary<string, object> Event(ExportHead head, AuditFact f)
    {
        var kind = AuditActions.All.GetValueOrDefault(f.Action, AuditClass.ApiActivity);
        var made = Base(head, kind, Activity(kind, f.Action), f.Time, f.Decision == "deny" ? 3 : 1, f.Seq.ToString(System.Globalization.CultureInfo.InvariantCulture), []);
        (made["status_id"], made["status_code"]) = (f.Code is "ok" or "pass" or "" ? 1 : 2, f.Code);
        made["actor"] = User(f.Actor);
        made["unmapped"] = JsonSerializer.Deserialize<JsonElement>(f.Body.Span);
        foreach (var (name, value) in Required(kind, f))
        {
            made[name] = value;
        }
        return made;
    }

    private static Dictionary<string, object> Base(
        ExportHead head, AuditClass kind, int activity, DateTimeOffset time, int severity, string id, Dictionary<string, object> more) => new(more)
        {
            ["class_uid"] = (int)kind,
            ["category_uid"] = (int)kind / 1000,
            ["activity_id"] = activity,
            ["type_uid"] = (int)kind * 100 + activity,
            ["time"] = time.ToUnixTimeMilliseconds(),
            ["severity_id"] = severity,
            ["metadata"] = new { version = Version, uid = id, log_name = head.Origin, product = new { name = "Appliance", vendor_name = "Appliance" } },
        };

    // What the class must have beyond what all have.
    private static IEnumerable<(string, object)> Required(AuditClass kind, AuditFact f) => kind switch
    {
        AuditClass.Authentication => [("user", new { uid = f.Actor, type_id = 1 })],
        AuditClass.DeviceConfigState => [("device", new { type_id = 1, hostname = "local" })],
        AuditClass.DetectionFinding => [("finding_info", new { uid = $"{f.Seq}", title = f.Action })],
        AuditClass.ApplicationLifecycle => [("app", new { name = f.Object, vendor_name = "Appliance" })],
        _ => [("api", new { operation = f.Action }), ("src_endpoint", new { name = "local" }), ("resources", new[] { new { uid = f.Object } })],
    };

    private static object User(string id) => new { user = new { uid = id, type_id = id.StartsWith("uid:", StringComparison.Ordinal) ? 1 : 3 } };

    private static int Activity(AuditClass kind, string action) => (kind, action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..]) switch
    {
        (AuditClass.ApiActivity, "import" or "train" or "submit") => 1,
        (AuditClass.ApiActivity, "view" or "infer" or "search" or "show" or "export" or "report" or "prove" or "find" or "analyze") => 2,
        (AuditClass.ApiActivity, "erase" or "prune" or "cancel") => 4,
        (AuditClass.ApiActivity, _) => 3,
        (AuditClass.Authentication, _) => 1,
        (AuditClass.DetectionFinding, _) => 1,
        (AuditClass.DeviceConfigState, _) => 1,
        (AuditClass.ApplicationLifecycle, "install") => 1,
        (AuditClass.ApplicationLifecycle, "remove") => 2,
        (AuditClass.ApplicationLifecycle, "start") => 3,
        (AuditClass.ApplicationLifecycle, "stop") => 4,
        (AuditClass.ApplicationLifecycle, "restart") => 5,
        (AuditClass.ApplicationLifecycle, "enable") => 6,
        (AuditClass.ApplicationLifecycle, "disable") => 7,
        _ => Other,
    };
}
