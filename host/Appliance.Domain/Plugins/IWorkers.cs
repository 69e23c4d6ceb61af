using Appliance.Domain.Datasets;
using Appliance.Domain.Jobs;
using Appliance.Sdk.Plugins;

namespace Appliance.Domain.Plugins;

/// <summary>A plugin that is installed.</summary>
public sealed record InstalledPlugin(PluginManifest Manifest, string Folder);

/// <summary>What a worker made of a training run.</summary>
/// <param name="TestAnswers">Of the model as it will serve, to the test rows in their order.</param>
/// <param name="Unquantized">Of the model before its weights were quantised; null if they were not.</param>
public sealed record TrainedModel(
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files,
    IReadOnlyList<TaskOutput> TestAnswers,
    long Steps,
    int BestEpoch,
    double Seconds,
    double ExamplesPerSecond,
    string Precision,
    int Threads,
    IReadOnlyList<TaskOutput>? Unquantized = null);

/// <summary>All that a training run needs; rows stream to the worker and never lie on a disk in the clear.</summary>
public sealed record TrainingOrder(
    string JobId,
    string Recipe,
    string Task,
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> BaseModel,
    IReadOnlyList<string> Labels,
    IReadOnlyList<StoredRow> Rows,
    ReadOnlyMemory<byte>? Checkpoint);

/// <summary>The one way to run a plugin's code: in a process of its own.</summary>
public interface IWorkers
{
    IReadOnlyList<InstalledPlugin> Plugins { get; }

    /// <summary>The plugin that has a task, or null.</summary>
    InstalledPlugin? PluginOf(string task);

    /// <summary>Asks the task's worker; starts one when none is up for this model.</summary>
    /// <param name="inputs">One request, or up to 64 that are answered together.</param>
    /// <returns>As many answers, in their order.</returns>
    /// <exception cref="WorkerException">The worker died, hung or refused; the host lives on.</exception>
    Task<IReadOnlyList<TaskOutput>> AnswerAsync(
        string task, string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files,
        IReadOnlyList<TaskInput> inputs, CancellationToken cancellationToken);

    /// <summary>Starts the task's worker with a model before anybody asks.</summary>
    /// <exception cref="WorkerException">The worker died, hung or refused.</exception>
    Task OpenAsync(
        string task, string modelId, Func<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> files, CancellationToken cancellationToken);

    /// <summary>Trains in a worker of its own.</summary>
    /// <exception cref="WorkerException">The worker died, hung or refused.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; its last checkpoint is kept.</exception>
    Task<TrainedModel> TrainAsync(
        TrainingOrder order, Action<JobProgress> progress, Action<ReadOnlyMemory<byte>> checkpoint, CancellationToken cancellationToken);

    /// <summary>Asks a trained model any number of rows, in a worker of its own; nothing is learnt.</summary>
    /// <returns>As many answers, in their order.</returns>
    /// <exception cref="WorkerException">The worker died, hung or refused.</exception>
    Task<IReadOnlyList<TaskOutput>> EvaluateAsync(
        string task, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<TaskInput> rows, CancellationToken cancellationToken);

    /// <summary>Looks at a model's files without using them: hostile or cut files are refused in a process of their own.</summary>
    /// <exception cref="WorkerException">A file is refused; the message says why.</exception>
    Task InspectAsync(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken cancellationToken);

    /// <summary>Stops the workers that answer for a task; the next question starts one on the model then serving.</summary>
    Task RecycleAsync(string task);
}

/// <summary>A worker could not do what it was asked. The message says what to do and quotes no input.</summary>
/// <param name="code"><c>worker_died</c>, <c>worker_timeout</c>, <c>worker_protocol</c>, <c>busy</c> or <c>refused</c>.</param>
public sealed class WorkerException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
