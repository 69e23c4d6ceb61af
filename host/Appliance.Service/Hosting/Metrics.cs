using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Appliance.Domain.Inference;
using Appliance.Storage.Audit;

namespace Appliance.Service.Hosting;

/// <summary>Zone that a request has when it names none.</summary>
internal sealed record Defaults(string Zone);

/// <summary>Counters in Prometheus' text form. No label ever carries content.</summary>
internal sealed class Metrics(SqliteAuditLog audit, JobFeed feed, Paths paths, TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Task, string Outcome), long> _requests = [];
    private readonly ConcurrentDictionary<string, double> _seconds = [];
    private readonly ConcurrentDictionary<string, long> _entities = [];

    internal long Started { get; } = clock.GetTimestamp();

    internal void Count(string task, InferenceOutcome outcome)
    {
        var answered = outcome as InferenceOutcome.Answered;
        // An unknown task's name is a caller's own word: it must not become a label.
        var known = outcome is InferenceOutcome.Refused { Refusal.Code: "unknown_task" } ? "unknown" : task;
        _requests.AddOrUpdate((known, outcome.GetType().Name.ToLowerInvariant()), 1, (_, n) => n + 1);
        if (answered is null)
        {
            return;
        }
        var t = answered.Times;
        var seconds = (t.PolicyMs + t.IntentMs + t.RedactMs + t.WorkerMs + t.OutcomeMs) / 1000;
        _seconds.AddOrUpdate(known, seconds, (_, sum) => sum + seconds);
        foreach (var (type, n) in answered.PiiByType)
        {
            _entities.AddOrUpdate(type, n, (_, sum) => sum + n);
        }
    }

    internal Dictionary<string, long> Requests() =>
        _requests.GroupBy(r => r.Key.Outcome).ToDictionary(g => g.Key, g => g.Sum(r => r.Value));

    internal long DiskFreeBytes() => new DriveInfo(paths.State).AvailableFreeSpace;

    internal string Render()
    {
        var text = new StringBuilder();
        void Head(string name, string type, string help) =>
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        void Line(string name, string labels, double value) =>
            text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");

        Head("appliance_inference_requests_total", "counter", "Requests to models by outcome.");
        foreach (var ((task, outcome), n) in _requests)
        {
            Line("appliance_inference_requests_total", $"{{task=\"{task}\",outcome=\"{outcome}\"}}", n);
        }
        Head("appliance_inference_seconds_total", "counter", "Time spent on answered requests.");
        foreach (var (task, seconds) in _seconds)
        {
            Line("appliance_inference_seconds_total", $"{{task=\"{task}\"}}", seconds);
        }
        Head("appliance_pii_entities_total", "counter", "Personal data found in requests by kind.");
        foreach (var (type, n) in _entities)
        {
            Line("appliance_pii_entities_total", $"{{entity=\"{type}\"}}", n);
        }
        Head("appliance_audit_records_total", "counter", "Records in the audit log.");
        Line("appliance_audit_records_total", "", audit.Size);
        Head("appliance_audit_blocked", "gauge", "1 while the audit log cannot be written.");
        Line("appliance_audit_blocked", "", audit.Blocked ? 1 : 0);
        Head("appliance_audit_witnessed_records", "gauge", "Records that a witness outside of the machine has signed.");
        Line("appliance_audit_witnessed_records", "", audit.WitnessedSize);
        Head("appliance_audit_disk_level", "gauge", "0 enough, 1 warn, 2 low: nothing new is taken in, 3 stop: nothing is served.");
        Line("appliance_audit_disk_level", "", (int)audit.Disk);
        Head("appliance_disk_free_bytes", "gauge", "Free space where the state lies.");
        Line("appliance_disk_free_bytes", "", DiskFreeBytes());
        foreach (var job in feed.Running().Take(1))
        {
            Head("appliance_training_step", "gauge", "Optimizer steps of the running job.");
            Line("appliance_training_step", "", job.Step);
            Head("appliance_training_loss", "gauge", "Loss of the running job.");
            Line("appliance_training_loss", "", job.Loss);
            Head("appliance_training_examples_per_second", "gauge", "Speed of the running job.");
            Line("appliance_training_examples_per_second", "", job.ExamplesPerSecond);
        }
        return text.ToString();
    }
}
