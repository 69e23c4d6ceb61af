using System.Text.Json;
using Appliance.Domain.Audit;
using Appliance.Domain.Jobs;
using Appliance.Service.Hosting;

namespace Appliance.Service.Endpoints;

/// <summary>Queue, watch and cancel training jobs.</summary>
internal static class JobEndpoints
{
    internal sealed record SubmitRequest(string Recipe, string Dataset, string Purpose, bool Promote);

    internal sealed record JobView(Job Job, JobProgress? Progress, IReadOnlyList<JobProgress> History);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/jobs", async (SubmitRequest request, HttpContext context, TrainingService training, JobRunner runner,
            IdSource ids) =>
        {
            var job = await training.SubmitAsync(
                ids.Next("job"), request.Recipe, request.Dataset, request.Purpose, request.Promote, context.Caller());
            runner.Wake();
            return Replies.Of(job);
        }).For("operator").Writes(AuditActions.JobSubmit, AuditActions.Train).NeedsRoom();
        routes.MapGet("/api/jobs", (IJobs jobs, JobFeed feed) =>
            Replies.Ok(jobs.List().Select(j => new JobView(j, feed.Last(j.Id), [])))).For("operator", "auditor", "approver").Unrecorded();
        routes.MapGet("/api/jobs/{id}", (string id, IJobs jobs, JobFeed feed) => jobs.Find(id) is { } job
            ? Replies.Ok(new JobView(job, feed.Last(id), feed.History(id)))
            : Replies.NotFound("job", "job list")).For("operator", "auditor", "approver").Unrecorded();
        routes.MapGet("/api/jobs/{id}/events", WatchAsync).For("operator", "auditor", "approver").Unrecorded();
        routes.MapPost("/api/jobs/{id}/cancel", CancelAsync).For("operator").Writes(AuditActions.JobCancel);
    }

    // Server-sent events: `progress` while it runs, one `end` with the job as it ended.
    private static async Task WatchAsync(
        string id, HttpContext context, IJobs jobs, JobFeed feed, CancellationToken cancellationToken)
    {
        if (jobs.Find(id) is not { } job)
        {
            await Replies.NotFound("job", "job list").ExecuteAsync(context);
            return;
        }
        context.Response.ContentType = "text/event-stream";
        if (!job.IsOver)
        {
            await foreach (var progress in feed.WatchAsync(id, cancellationToken))
            {
                await SendAsync(context, "progress", progress, cancellationToken);
            }
        }
        await SendAsync(context, "end", jobs.Find(id)!, cancellationToken);
    }

    private static async Task SendAsync<T>(HttpContext context, string name, T data, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, Replies.Json)}\n\n", cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private static async Task<IResult> CancelAsync(
        string id, HttpContext context, IJobs jobs, JobRunner runner, IAuditLog audit, TimeProvider clock)
    {
        if (jobs.Find(id) is not { } job)
        {
            return Replies.NotFound("job", "job list");
        }
        if (job.IsOver)
        {
            return Replies.Error(409, "job_over", $"The job is over already: {job.State}.");
        }
        await audit.AppendAsync(new AuditEntry(
            AuditActions.JobCancel, AuditPhase.Event, context.Caller().Id, "job/" + job.Id, Code: "ok")
        { Role = context.Caller().Role });
        if (job.State == JobState.Running)
        {
            runner.Cancel(id);
        }
        else
        {
            job = job.To(JobState.Cancelled, clock.GetUtcNow());
            jobs.Update(job);
        }
        return Replies.Ok(job);
    }
}
