using System.Collections.Frozen;

namespace Appliance.Domain.Audit;

/// <summary>What an action belongs to in OCSF 1.6, for the exports.</summary>
public enum AuditClass
{
    ApiActivity = 6003,
    Authentication = 3002,
    DeviceConfigState = 5002,
    DetectionFinding = 2004,
    ApplicationLifecycle = 6002,
}

/// <summary>The closed list of what the log can speak of: another action cannot be written.</summary>
public static class AuditActions
{
    public const string Import = "data.import";
    public const string View = "data.view";
    public const string Train = "model.train";
    public const string Gate = "model.gate";
    public const string Promote = "model.promote";
    public const string Rollback = "model.rollback";
    public const string Infer = "model.infer";
    public const string ModelImport = "model.import";
    public const string ModelView = "model.view";
    public const string PolicyLoad = "policy.load";
    public const string PolicyRefuse = "policy.refuse";
    public const string PolicyView = "policy.view";
    public const string ServiceStart = "sys.start";
    public const string ServiceStop = "sys.stop";
    public const string Status = "sys.status";
    public const string Configuration = "sys.configuration";
    public const string ClockStep = "sys.clock-step";
    public const string Schedule = "sys.tick";
    public const string ScheduleView = "sys.schedule-view";
    public const string WorkerStart = "plugin.start";
    public const string WorkerStop = "plugin.stop";
    public const string PluginQuarantine = "plugin.quarantine";
    public const string PluginView = "plugin.view";
    public const string Login = "auth.login";
    public const string CallRefused = "auth.refuse";
    public const string JobSubmit = "job.submit";
    public const string JobCancel = "job.cancel";
    public const string JobView = "job.view";
    public const string Analyze = "pii.analyze";
    public const string Anonymize = "pii.anonymize";
    public const string Reveal = "pii.reveal";
    public const string SubjectFind = "subject.find";
    public const string SubjectErase = "subject.erase";
    public const string Search = "audit.search";
    public const string Show = "audit.show";
    public const string Export = "audit.export";
    public const string Report = "audit.report";
    public const string Review = "audit.review";
    public const string Prove = "audit.prove";
    public const string Sign = "audit.checkpoint";
    public const string Witness = "audit.witness";
    public const string Prune = "audit.prune";
    public const string Seal = "audit.seal";
    public const string Copy = "audit.copy";
    public const string Epoch = "key.epoch";
    public const string Blocked = "audit.blocked";
    public const string Unblocked = "audit.unblocked";

    /// <summary>Every action with its class; the verbs of plugins are made from their names.</summary>
    public static readonly FrozenDictionary<string, AuditClass> All = new Dictionary<string, AuditClass>
    {
        [Import] = AuditClass.ApiActivity, [View] = AuditClass.ApiActivity, [Train] = AuditClass.ApiActivity,
        [Gate] = AuditClass.ApiActivity, [Promote] = AuditClass.ApplicationLifecycle, [Rollback] = AuditClass.ApplicationLifecycle,
        [Infer] = AuditClass.ApiActivity, [ModelImport] = AuditClass.ApiActivity, [ModelView] = AuditClass.ApiActivity,
        [PolicyLoad] = AuditClass.DeviceConfigState, [PolicyRefuse] = AuditClass.DeviceConfigState, [PolicyView] = AuditClass.ApiActivity,
        [ServiceStart] = AuditClass.ApplicationLifecycle, [ServiceStop] = AuditClass.ApplicationLifecycle, [Status] = AuditClass.ApiActivity,
        [Configuration] = AuditClass.DeviceConfigState, [ClockStep] = AuditClass.DetectionFinding, [Schedule] = AuditClass.ApiActivity,
        [ScheduleView] = AuditClass.ApiActivity, [WorkerStart] = AuditClass.ApplicationLifecycle, [WorkerStop] = AuditClass.ApplicationLifecycle,
        [PluginQuarantine] = AuditClass.DetectionFinding, [PluginView] = AuditClass.ApiActivity,
        ["plugin.install"] = AuditClass.ApplicationLifecycle, ["plugin.enable"] = AuditClass.ApplicationLifecycle,
        ["plugin.disable"] = AuditClass.ApplicationLifecycle, ["plugin.restart"] = AuditClass.ApplicationLifecycle,
        ["plugin.remove"] = AuditClass.ApplicationLifecycle,
        [Login] = AuditClass.Authentication, [CallRefused] = AuditClass.Authentication,
        [JobSubmit] = AuditClass.ApiActivity, [JobCancel] = AuditClass.ApiActivity, [JobView] = AuditClass.ApiActivity,
        [Analyze] = AuditClass.ApiActivity, [Anonymize] = AuditClass.ApiActivity, [Reveal] = AuditClass.ApiActivity,
        [SubjectFind] = AuditClass.ApiActivity, [SubjectErase] = AuditClass.ApiActivity,
        [Search] = AuditClass.ApiActivity, [Show] = AuditClass.ApiActivity, [Export] = AuditClass.ApiActivity,
        [Report] = AuditClass.ApiActivity, [Review] = AuditClass.ApiActivity, [Prove] = AuditClass.ApiActivity,
        [Sign] = AuditClass.ApiActivity, [Witness] = AuditClass.ApiActivity, [Prune] = AuditClass.ApiActivity,
        [Seal] = AuditClass.ApplicationLifecycle, [Copy] = AuditClass.ApplicationLifecycle, [Epoch] = AuditClass.DeviceConfigState,
        [Blocked] = AuditClass.DetectionFinding, [Unblocked] = AuditClass.DetectionFinding,
    }.ToFrozenDictionary();
}
