namespace Appliance.Domain.Jobs;

/// <summary>Where a job stands.</summary>
public enum JobState
{
    Queued,
    Running,
    Interrupted,
    Succeeded,
    Failed,
    Cancelled,
}

/// <summary>A training run as the queue knows it.</summary>
/// <param name="Recipe">The recipe's text.</param>
/// <param name="Model">Id of the model that came out, or null.</param>
/// <param name="Problem">Why it failed, in words that say what to do, or null.</param>
/// <param name="Promote">Whether a candidate that passes its gate goes live by itself.</param>
public sealed record Job(
    string Id,
    JobState State,
    string Recipe,
    string Task,
    string Dataset,
    string Purpose,
    string Caller,
    bool Promote,
    string? Model,
    string? Problem,
    DateTimeOffset Created,
    DateTimeOffset Changed)
{
    private static readonly (JobState From, JobState To)[] Arrows =
    [
        (JobState.Queued, JobState.Running), (JobState.Queued, JobState.Cancelled), (JobState.Queued, JobState.Failed),
        (JobState.Running, JobState.Succeeded), (JobState.Running, JobState.Failed), (JobState.Running, JobState.Cancelled),
        (JobState.Running, JobState.Interrupted), (JobState.Interrupted, JobState.Running),
        (JobState.Interrupted, JobState.Cancelled), (JobState.Interrupted, JobState.Failed),
    ];

    public bool IsOver => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <exception cref="InvalidOperationException">There is no such arrow.</exception>
    public Job To(JobState next, DateTimeOffset now) => CanGoTo(next)
        ? this with { State = next, Changed = now }
        : throw new InvalidOperationException($"A job cannot go from {State} to {next}.");

    public bool CanGoTo(JobState next) => Arrows.Contains((State, next));
}

/// <summary>Where a running job stands; the numbers come from the worker.</summary>
public sealed record JobProgress(
    long Step, long StepsTotal, int Epoch, double Loss, double LearningRate, double ExamplesPerSecond,
    double? ValidationLoss, double? ValidationMetric, double SecondsLeft);

/// <summary>Keeps jobs and their last checkpoint.</summary>
public interface IJobs
{
    void Add(Job job);

    void Update(Job job);

    Job? Find(string id);

    IReadOnlyList<Job> List();

    /// <summary>Keeps the state to resume from: encrypted, by write, fsync, rename.</summary>
    /// <exception cref="IOException">The disk is full or broken; the checkpoint before stays good.</exception>
    void SaveCheckpoint(string jobId, ReadOnlyMemory<byte> state);

    /// <returns>The last good checkpoint, or null.</returns>
    ReadOnlyMemory<byte>? ReadCheckpoint(string jobId);

    void DeleteCheckpoint(string jobId);
}
