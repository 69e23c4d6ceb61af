namespace Appliance.Sdk.Plugins;

/// <summary>The one type that a plugin exports: it opens the tasks that its manifest names.</summary>
/// <remarks>
/// The worker makes one instance through a public constructor without parameters, which must have no side effects.
/// A plugin runs in a process of its own: no network, no files but its own package, no environment worth reading.
/// Text reaches it already redacted. It must not write to standard output.
/// </remarks>
public interface IPlugin : IDisposable
{
    /// <summary>Opens a task on the files of one model.</summary>
    /// <param name="task">A task named in <c>plugin.yaml</c>.</param>
    /// <param name="model">The files of the model to answer with; names as in its folder.</param>
    /// <param name="device">Where to compute, as the operator set it: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="InvalidDataException">The files do not make a model of this task; say what is wrong with them.</exception>
    ITask Open(string task, ModelFiles model, string device);
}

/// <summary>A question that a model answers.</summary>
public interface ITask : IDisposable
{
    /// <summary>Answers one request; called from one thread at a time.</summary>
    /// <exception cref="ArgumentException">A field is missing or unusable; the caller sees the message, so quote no input.</exception>
    TaskOutput Answer(TaskInput input);

    /// <summary>Answers several requests at once, in their order; a model that computes in batches is several times faster that way.</summary>
    /// <exception cref="ArgumentException">As for one.</exception>
    IReadOnlyList<TaskOutput> Answer(IReadOnlyList<TaskInput> inputs) => [.. inputs.Select(Answer)];
}

/// <summary>A model's files in memory, by name: weights, vocabulary, labels.</summary>
/// <param name="Files">Content by plain file name, without folders.</param>
public sealed record ModelFiles(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files)
{
    /// <exception cref="InvalidDataException">The model has no such file.</exception>
    public ReadOnlyMemory<byte> this[string name] => Files.TryGetValue(name, out var content)
        ? content
        : throw new InvalidDataException($"The model has no file '{name}'.");
}

/// <summary>One request: named texts, as the task's input schema in the manifest lists them.</summary>
public sealed record TaskInput(IReadOnlyDictionary<string, string> Fields)
{
    /// <exception cref="ArgumentException">The request has no such field.</exception>
    public string this[string field] => Fields.TryGetValue(field, out var text)
        ? text
        : throw new ArgumentException($"The request needs a field '{field}'.");
}

/// <summary>An answer: predictions, best first.</summary>
/// <param name="Picture">A PNG file that goes with it, such as what the model looked at; at most 1 MiB.</param>
public sealed record TaskOutput(IReadOnlyList<Prediction> Predictions, ReadOnlyMemory<byte>? Picture = null);

/// <summary>One thing that the model says.</summary>
/// <param name="Label">A class name, an entity type, or empty for free text.</param>
/// <param name="Score">Probability, 0 to 1.</param>
/// <param name="Text">Words of the answer, where the task produces any; they are scanned for personal data on their way out.</param>
/// <param name="Start">First UTF-16 code unit of the input that the prediction is about, or null.</param>
/// <param name="End">One past the last, or null.</param>
/// <param name="Unsure">Whether the score is below what the model was taught to stand by: do not act on it alone.</param>
public sealed record Prediction(string Label, double Score, string? Text = null, int? Start = null, int? End = null, bool Unsure = false);

/// <summary>A labelled text to learn from.</summary>
/// <param name="Text">Already redacted.</param>
/// <param name="Label">A class name.</param>
public sealed record Example(string Text, string Label);
