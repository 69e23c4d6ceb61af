using System.Collections.Concurrent;
using Appliance.Domain.Audit;
using Appliance.Domain.Jobs;

namespace Appliance.Service.Hosting;

/// <summary>Carries out the queue, one job at a time; interrupted jobs go first and resume.</summary>
internal sealed partial class JobRunner(
    TrainingService training, IJobs jobs, JobFeed feed, TimeProvider clock, ILogger<JobRunner> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _news = new(0);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _cancels = [];

    /// <summary>Says that the queue has changed.</summary>
    internal void Wake() => _news.Release();

    /// <summary>Stops a running job; its worker ends within seconds.</summary>
    internal void Cancel(string jobId)
    {
        if (_cancels.TryGetValue(jobId, out var cancel))
        {
            cancel.Cancel();
        }
        Wake();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = jobs.List().OrderByDescending(j => j.State == JobState.Interrupted)
                .FirstOrDefault(j => j.State is JobState.Interrupted or JobState.Queued);
            if (next is null)
            {
                await WaitAsync(LookEvery, stoppingToken);
                continue;
            }
            await RunAsync(next, stoppingToken);
        }
    }

    private async Task RunAsync(Job job, CancellationToken stoppingToken)
    {
        using var cancel = _cancels[job.Id] = new CancellationTokenSource();
        LogStarted(job.Id);
        try
        {
            var ended = await training.RunAsync(job, p => feed.Publish(job.Id, p), cancel.Token, stoppingToken);
            LogEnded(job.Id, ended.State.ToString());
        }
        catch (AuditUnavailableException)
        {
            // Nothing may run without the log: the job waits where it is.
            LogAuditDown(job.Id);
            if (jobs.Find(job.Id) is { State: JobState.Running } running)
            {
                jobs.Update(running.To(JobState.Interrupted, clock.GetUtcNow()));
            }
            await WaitAsync(LookEvery, stoppingToken);
        }
        catch (IOException)
        {
            LogStorageDown(job.Id);
            await WaitAsync(LookEvery, stoppingToken);
        }
        finally
        {
            _cancels.TryRemove(job.Id, out _);
            feed.End(job.Id);
        }
    }

    private async Task WaitAsync(TimeSpan limit, CancellationToken stoppingToken)
    {
        try
        {
            await _news.WaitAsync(limit, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by its own condition.
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Job {JobId} started")]
    private partial void LogStarted(string jobId);

    [LoggerMessage(3002, LogLevel.Information, "Job {JobId} ended: {State}")]
    private partial void LogEnded(string jobId, string state);

    [LoggerMessage(3003, LogLevel.Error, "Job {JobId} waits: the audit log cannot be written")]
    private partial void LogAuditDown(string jobId);

    [LoggerMessage(3004, LogLevel.Error, "Job {JobId} waits: the state cannot be written; free disk space")]
    private partial void LogStorageDown(string jobId);
}
