namespace Appliance.Service.Hosting;

/// <summary>Shows systemd that the service's own loops still turn.</summary>
internal sealed class Heartbeat(Systemd systemd, TimeProvider clock, JobFeed feed) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (systemd.WatchdogInterval is not { } interval)
        {
            return;
        }
        using var timer = new PeriodicTimer(interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            systemd.Alive();
            systemd.Status(feed.Running().FirstOrDefault() is { } p ? $"training, step {p.Step} of {p.StepsTotal}" : "ready");
        }
    }
}
