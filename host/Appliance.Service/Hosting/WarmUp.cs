using Appliance.Domain.Audit;
using Appliance.Domain.Models;
using Appliance.Domain.Plugins;
using Appliance.Domain.Privacy;

namespace Appliance.Service.Hosting;

/// <summary>After the start: compiles the recognizers and opens the serving models, so that the first caller does not wait.</summary>
internal sealed partial class WarmUp(IWorkers workers, IModels models, Redactor redactor, IHostApplicationLifetime lifetime, ILogger<WarmUp> log)
    : BackgroundService
{
    private const string Sample = "Via Roma 1, a@example.it, +39 011 8765432, mi chiamo Anna Neri";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not before the socket answers: being ready comes first.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        redactor.Scan(new Sensitive<string>(Sample));
        foreach (var task in workers.Plugins.SelectMany(p => p.Manifest.Tasks))
        {
            if (models.Serving(task.Name) is { } model)
            {
                await OpenAsync(task.Name, model, stoppingToken);
            }
        }
    }

    private async Task OpenAsync(string task, ModelVersion model, CancellationToken stoppingToken)
    {
        try
        {
            await workers.OpenAsync(task, model.Id, () => models.ReadFiles(model), stoppingToken);
        }
        catch (Exception e) when (e is WorkerException or InvalidDataException or AuditUnavailableException or OperationCanceledException)
        {
            LogNotWarm(task, e.GetType().Name); // the first request will try again, and say why it cannot be answered
        }
    }

    [LoggerMessage(2002, LogLevel.Warning, "The model of {Task} could not be opened yet: {Kind}")]
    private partial void LogNotWarm(string task, string kind);
}
