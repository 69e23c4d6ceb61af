using System.Runtime.InteropServices;
using Appliance.Domain.Audit;
using Appliance.Domain.Datasets;
using Appliance.Domain.Inference;
using Appliance.Domain.Jobs;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Operations;
using Appliance.Domain.Retraining;
using Appliance.Service.Endpoints;
using Appliance.Storage;
using Appliance.Storage.Audit;
using Appliance.Storage.Crypto;
using Appliance.Packages;
using Appliance.Service.Plugins;
using Appliance.Workers;

namespace Appliance.Service.Hosting;

/// <summary>The composition root: every part is made here, once, in the order in which it may refuse to start.</summary>
internal static partial class ApplianceHost
{
    private const long RequestBytesMax = 256L << 20;
    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(2);

    private const int BrokenDisk = 70;

    /// <exception cref="InvalidDataException">Something on disk cannot be used; the message says what to do.</exception>
    internal static async Task<int> RunAsync(string? root, string[] settings)
    {
        // 1 Folders, and nobody else on them.
        var paths = Paths.Of(root);
        using var only = Claim(paths);

        // 2 Policies, keys, audit log: without any of them nothing starts.
        var clock = TimeProvider.System;
        var policies = PolicyFolder.Open(paths.Policies);
        var keys = Keys.Open(paths.KeyFile, mayCreate: !Directory.EnumerateFiles(paths.Audit, "*.db").Any());
        await using var audit = new SqliteAuditLog(
            paths.Audit, "appliance/" + Environment.MachineName.ToLowerInvariant() + "/audit", keys.AuditSigningKey, BootId(), clock,
            AuditSettings.Read(paths), onBrokenDisk: static () => EndNow("the disk under the audit log failed; it is checked at the next start"));
        await File.WriteAllTextAsync(paths.AuditPublicKey, audit.PublicKeys);
        await CloseOrphansAsync(audit);
        await audit.AppendAsync(new AuditEntry(
            AuditActions.PolicyLoad, AuditPhase.Event, "host", $"policy/v{policies.Current.Version}", Policy: policies.Current.Hash, Code: "ok"));
        await audit.AppendAsync(new AuditEntry(
            AuditActions.Configuration, AuditPhase.Event, "host", AuditSettings.Fingerprint(paths), Code: "ok"));

        // 3 State and workers.
        using var store = new StateStore(paths.State, keys);
        var app = Build(paths, settings, clock, policies, audit, store);
        var workers = app.Services.GetRequiredService<WorkerPool>();
        foreach (var problem in app.Services.GetRequiredService<PluginCatalogue>().Refresh())
        {
            LogPluginLeftOut(app.Logger, problem);
        }
        app.Services.GetRequiredService<TrainingService>().TakeUpInterrupted();

        // 4 Serve until told to stop.
        await app.StartAsync();
        // Anybody may knock: the kernel says who it is, and a user without a role is refused and recorded.
        File.SetUnixFileMode(paths.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        await audit.AppendAsync(new AuditEntry(AuditActions.ServiceStart, AuditPhase.Event, "host", "host/appliance", Code: "ok"));
        await audit.CheckpointAsync();
        var systemd = app.Services.GetRequiredService<Systemd>();
        systemd.Ready();
        LogReady(app.Logger, paths.Socket);
        await app.WaitForShutdownAsync();

        // 5 Leave a signed log behind.
        systemd.Stopping();
        await workers.DisposeAsync();
        await audit.AppendAsync(new AuditEntry(AuditActions.ServiceStop, AuditPhase.Event, "host", "host/appliance", Code: "ok"));
        await audit.CheckpointAsync();
        await app.DisposeAsync();
        return Environment.ExitCode; // 0, or what EndNow has set while this thread was on its way out
    }

    private static WebApplication Build(
        Paths paths, string[] settings, TimeProvider clock, PolicyFolder policies, SqliteAuditLog audit, StateStore store)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = settings, ContentRootPath = paths.State });
        builder.Configuration.AddJsonFile(paths.Settings, optional: true, reloadOnChange: false);
        builder.Logging.ClearProviders().AddSimpleConsole(o =>
        {
            (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ssZ ", true);
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Appliance", LogLevel.Information);
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(10));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBytesMax;
            kestrel.ListenUnixSocket(paths.Socket);
        });
        builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true); // else a missing parameter is answered with 400 and not a word
        AddServices(builder.Services, paths, clock, policies, audit, store);
        var app = builder.Build();
        Use(app);
        return app;
    }

    private static void AddServices(
        IServiceCollection services, Paths paths, TimeProvider clock, PolicyFolder policies, SqliteAuditLog audit, StateStore store)
    {
        services.AddOptions<WorkerOptions>()
            .BindConfiguration("Workers", binder => binder.ErrorOnUnknownConfiguration = true).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(paths).AddSingleton(clock).AddSingleton(policies).AddSingleton<IPolicies>(policies);
        services.AddSingleton(audit).AddSingleton<IAuditLog>(audit).AddSingleton(new AuditIndex(paths.Audit)).AddSingleton<Sessions>();
        services.AddSingleton(audit.Options).AddSingleton<ISubjects>(new SubjectKeys(store)).AddSingleton<AuditWork>();
        services.AddSingleton<IDatasets>(new DatasetStore(store)).AddSingleton<IModels>(new ModelStore(store));
        services.AddSingleton<IJobs>(new JobStore(store)).AddSingleton<IScheduleRuns>(new ScheduleRunStore(store));
        services.AddSingleton(p => new Redactor(new Detector(clock, DetectionLimit), p.GetRequiredService<RedactionKeys>()));
        services.AddSingleton(new RedactionKeys(store.RedactionRoot));
        services.AddSingleton(p => new WorkerPool(p.GetRequiredService<Microsoft.Extensions.Options.IOptions<WorkerOptions>>().Value, audit, clock));
        services.AddSingleton(p => new PluginCatalogue(paths.Trust, new PluginStore(paths.Plugins), p.GetRequiredService<WorkerPool>(), audit));
        services.AddSingleton<IWorkers>(p => p.GetRequiredService<WorkerPool>());
        services.AddSingleton<Importer>().AddSingleton<InferenceService>().AddSingleton<ModelService>().AddSingleton<TrainingService>();
        services.AddSingleton<JobFeed>().AddSingleton<Metrics>().AddSingleton<IdSource>().AddSingleton<Systemd>().AddSingleton<Retraining>();
        services.AddSingleton(Callers.Read(geteuid())).AddSingleton(new Defaults(policies.Current.Zones.Keys.First()));
        services.AddSingleton<JobRunner>().AddHostedService(p => p.GetRequiredService<JobRunner>()).AddHostedService<Heartbeat>().AddHostedService<SegmentCopies>().AddHostedService<WarmUp>();
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.PropertyNamingPolicy = Replies.Json.PropertyNamingPolicy;
            o.SerializerOptions.UnmappedMemberHandling = Replies.Json.UnmappedMemberHandling;
            o.SerializerOptions.RespectNullableAnnotations = true;
            o.SerializerOptions.RespectRequiredConstructorParameters = true;
            o.SerializerOptions.MaxDepth = Replies.Json.MaxDepth;
        });
    }

    private static void Use(WebApplication app)
    {
        app.Use(RequestPipeline.ErrorsAsWords);
        app.UseRouting();
        app.Use(RequestPipeline.KnownCallersOnly);
        app.UseEndpoints(_ => { });
        SystemEndpoints.Map(app);
        DatasetEndpoints.Map(app);
        ModelEndpoints.Map(app);
        PluginEndpoints.Map(app);
        JobEndpoints.Map(app);
        InferenceEndpoints.Map(app);
        PrivacyEndpoints.Map(app);
        RevealEndpoints.Map(app);
        AuditEndpoints.Map(app);
        SubjectEndpoints.Map(app);
        app.MapFallback(() => Replies.Error(404, "not_found", "No such address. See the README for the API.")).For(
            "client", "operator", "auditor", "approver").Unrecorded();
    }

    // A file lock: it goes when the process goes, however it goes.
    private static FileStream Claim(Paths paths)
    {
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.State, Own);
        Directory.CreateDirectory(paths.Audit, Own);
        Directory.CreateDirectory(paths.Runtime, Own | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        FileStream claimed;
        try
        {
            claimed = new FileStream(paths.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new InvalidDataException($"Another appliance-host works on {paths.State}. Stop it first, or choose another --root.");
        }
        File.Delete(paths.Socket); // left over from a host that was killed
        return claimed;
    }

    private static async Task CloseOrphansAsync(SqliteAuditLog audit)
    {
        foreach (var (seq, action, target) in audit.Orphans)
        {
            await audit.AppendAsync(new AuditEntry(
                action, AuditPhase.Outcome, "host", target, Code: "unknown-crash", Reference: seq));
        }
    }

    // After a failed sync nobody knows what is on the disk: going on would be guessing. systemd starts us again.
    private static void EndNow(string why)
    {
        Console.Error.WriteLine($"appliance-host ends: {why}.");
        Environment.ExitCode = BrokenDisk;
        Environment.Exit(BrokenDisk);
    }

    private static string BootId() => File.Exists("/proc/sys/kernel/random/boot_id")
        ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()
        : $"tick-{Environment.TickCount64 / 1000 / 60}"; // hidden by ProcSubset=pid: at least not the same for ever

    [LoggerMessage(1001, LogLevel.Information, "Ready on {Socket}")]
    private static partial void LogReady(ILogger logger, string socket);

    [LoggerMessage(2001, LogLevel.Warning, "A plugin is left out: {Problem}")]
    private static partial void LogPluginLeftOut(ILogger logger, string problem);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
