using System.Text.Json;

namespace Appliance.Models.Checkpoints;

/// <summary>The weights of a model's folder: one safetensors file, or several with an index.</summary>
/// <remarks>Only files beside the index are read: a name with a path in it is refused. There is no fallback to pickle.</remarks>
public sealed class CheckpointFolder : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const int IndexBytesMax = 64 << 20;
    private readonly List<SafeTensors> _files = [];
    private readonly Dictionary<string, SafeTensors> _owners = [];

    private CheckpointFolder()
    {
    }

    /// <summary>Every tensor of every file.</summary>
    public IEnumerable<TensorSpan> Tensors => _owners.Select(o => o.Value.Find(o.Key)!); // owners hold what they own

    public IReadOnlyDictionary<string, SafeTensors> Owners => _owners;

    /// <exception cref="SafeTensorsException">No weights, a shard is missing or malformed, or index and shards disagree.</exception>
    public static CheckpointFolder Open(string folder)
    {
        var opened = new CheckpointFolder();
        try
        {
            if (File.Exists(Path.Combine(folder, Index)))
            {
                opened.OpenShards(folder);
            }
            else if (File.Exists(Path.Combine(folder, Single)))
            {
                opened.Take(folder, Single, null);
            }
            else
            {
                throw new SafeTensorsException(Missing(folder));
            }
            return opened;
        }
        catch (SafeTensorsException)
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A checkpoint that is in memory, such as one that came over a socket.</summary>
    /// <exception cref="SafeTensorsException">There is no file, or two hold the same tensor.</exception>
    public static CheckpointFolder Of(params IReadOnlyList<SafeTensors> files)
    {
        var opened = new CheckpointFolder();
        opened._files.AddRange(files);
        foreach (var (file, tensor) in files.SelectMany(f => f.Tensors.Select(t => (f, t))))
        {
            if (!opened._owners.TryAdd(tensor.Name, file))
            {
                throw new SafeTensorsException($"two files hold {tensor.Name}");
            }
        }
        return files.Count > 0 ? opened : throw new SafeTensorsException("there are no weights");
    }

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private void OpenShards(string folder)
    {
        var map = ReadIndex(Path.Combine(folder, Index));
        foreach (var shard in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            if (shard != Path.GetFileName(shard) || !shard.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                throw new SafeTensorsException($"{Index} names a file that is not a plain .safetensors name");
            }
            if (!File.Exists(Path.Combine(folder, shard)))
            {
                throw new SafeTensorsException($"{Index} names {shard}, which is not in {folder}: copy every shard of the model");
            }
            Take(folder, shard, map);
        }
        if (map.Keys.FirstOrDefault(n => !_owners.ContainsKey(n)) is { } absent)
        {
            throw new SafeTensorsException($"{Index} says that {map[absent]} holds {absent}, but it does not");
        }
    }

    private void Take(string folder, string name, Dictionary<string, string>? map)
    {
        SafeTensors file;
        try
        {
            file = SafeTensors.Open(Path.Combine(folder, name));
        }
        catch (SafeTensorsException e)
        {
            throw new SafeTensorsException($"{Path.Combine(folder, name)}: {e.Reason}");
        }
        _files.Add(file);
        foreach (var tensor in file.Tensors)
        {
            if (map is not null && map.GetValueOrDefault(tensor.Name) != name)
            {
                throw new SafeTensorsException($"{name} holds {tensor.Name}, but {Index} does not say so");
            }
            _owners.Add(tensor.Name, file);
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            if (new FileInfo(path).Length > IndexBytesMax)
            {
                throw new SafeTensorsException($"{Index} is larger than {IndexBytesMax} bytes");
            }
            var options = new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), options);
            return document.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new SafeTensorsException($"{Index} is not a JSON object with a weight_map of names to files");
        }
    }

    private static string Missing(string folder)
    {
        var pickled = Directory.Exists(folder) && Directory.EnumerateFiles(folder)
            .Any(f => f.EndsWith(".bin", StringComparison.Ordinal) || f.EndsWith(".pt", StringComparison.Ordinal) || f.EndsWith(".pth", StringComparison.Ordinal));
        return pickled
            ? $"{folder} holds pickled weights only, which can run code when they are read: convert them to safetensors elsewhere"
            : $"{folder} holds no {Single} and no {Index}";
    }
}
