using Appliance.Models;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Sdk.Plugins;

namespace Appliance.Training.Tasks;

/// <summary>Where a model comes from: a folder, or files in memory that came over a socket.</summary>
/// <remarks>Of files in memory, weights stay there; tokenizers and settings lie in the process's own scratch while the model is opened.</remarks>
public sealed class ModelSource : IDisposable
{
    private const string Weights = ".safetensors";
    private readonly ModelFiles? _files;

    private ModelSource(string folder, ModelFiles? files) => (Folder, _files) = (folder, files);

    /// <summary>The folder with everything but, where they came in memory, the weights.</summary>
    public string Folder { get; }

    /// <summary>Files that are neither weights nor settings, such as the tokenizer's: a saved model takes them along.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Companions => (_files?.Files ?? Directory.GetFiles(Folder)
            .Where(f => IsCompanion(f)).ToDictionary(f => Path.GetFileName(f), f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)))
        .Where(f => IsCompanion(f.Key)).ToDictionary(f => f.Key, f => f.Value);

    public static implicit operator ModelSource(string folder) => Of(folder);

    public static implicit operator ModelSource(ModelFiles files) => Of(files);

    public static ModelSource Of(string folder) => new(folder, null);

    /// <exception cref="InvalidDataException">A file's name has a path in it.</exception>
    public static ModelSource Of(ModelFiles files)
    {
        var folder = Directory.CreateTempSubdirectory("model-").FullName;
        foreach (var (name, content) in files.Files.Where(f => !f.Key.EndsWith(Weights, StringComparison.Ordinal)))
        {
            if (name != Path.GetFileName(name) || name.Length == 0)
            {
                throw new InvalidDataException("A file of the model has a path in its name.");
            }
            File.WriteAllBytes(Path.Combine(folder, name), content.Span);
        }
        return new ModelSource(folder, files);
    }

    /// <summary>Whether a task left its settings: the model was trained for one.</summary>
    internal bool HasSettings => File.Exists(Path.Combine(Folder, TaskSettings.FileName));

    /// <summary>Settings that a task left beside the model; the defaults where there are none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal TaskSettings Settings() => HasSettings
        ? TaskSettings.Parse(File.ReadAllBytes(Path.Combine(Folder, TaskSettings.FileName)))
        : new TaskSettings();

    internal ModelConfig Configuration() => ModelConfig.Open(Folder);

    /// <exception cref="SafeTensorsException">The weights are missing or malformed.</exception>
    internal CheckpointFolder Checkpoint() => _files is null
        ? CheckpointFolder.Open(Folder)
        : CheckpointFolder.Of([.. _files.Files.Where(f => f.Key.EndsWith(Weights, StringComparison.Ordinal)).Select(f => SafeTensors.Parse(f.Value))]);

    public void Dispose()
    {
        if (_files is not null && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static bool IsCompanion(string name) => !name.EndsWith(Weights, StringComparison.Ordinal) && Path.GetFileName(name) is not ("config.json" or TaskSettings.FileName)
        && Path.GetExtension(name) is ".json" or ".txt" or ".model" or ".jinja" or "";
}
