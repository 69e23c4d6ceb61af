using System.Text.RegularExpressions;
using Appliance.Models.Checkpoints;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Models.Adapters;

/// <summary>A base model with an adapter on it, read from and written to PEFT's files.</summary>
public sealed class PeftModel
{
    private const string FileName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";
    private readonly Dictionary<string, Tensor> _saved = []; // trained copies of whole modules, such as a head

    private PeftModel(Model model, AdapterConfig config) => (Model, Config) = (model, config);

    public Model Model { get; }

    public AdapterConfig Config { get; }

    /// <summary>Learnt vectors before the text; null for adapters beside projections.</summary>
    public PromptAdapter? Prompt { get; private set; }

    /// <summary>What was learnt, under PEFT's names.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Trained =>
        Adapters.SelectMany(a => a.Adapter.Parameters.Select(p => (Prefix + a.Path + "." + p.Name, (Tensor)p.Parameter)))
            .Concat(Prompt is null ? [] : [("prompt_embeddings", (Tensor)Prompt.Vectors)])
            .Concat(_saved.Select(s => ((Prompt is null ? Prefix : "base_model.") + s.Key, s.Value)));

    private IEnumerable<(string Path, Projection Projection, ProjectionAdapter Adapter)> Adapters =>
        Model.Projections.Where(p => p.Projection.Adapter is not null).Select(p => (p.Name, p.Projection, p.Projection.Adapter!)); // filtered

    /// <summary>Puts an adapter's folder on a model.</summary>
    /// <exception cref="Config.ModelConfigException">adapter_config.json is missing or asks for what is not implemented.</exception>
    /// <exception cref="SafeTensorsException">The weights are missing or malformed.</exception>
    /// <exception cref="CheckpointException">Names or shapes do not fit the base, or the trained head is missing.</exception>
    public static PeftModel Open(Model model, string folder)
    {
        var config = AdapterConfig.Open(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new SafeTensorsException($"{path} is missing (pickled adapter_model.bin files are not read: convert them elsewhere)");
        }
        using var file = SafeTensors.Open(path);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var peft = new PeftModel(model, config);
        var problems = peft.Load(file);
        return problems.Count == 0 ? peft : throw new CheckpointException(folder, problems);
    }

    /// <summary>Fresh low-rank adapters on the projections that the configuration targets.</summary>
    /// <exception cref="ArgumentException">No projection has such a name.</exception>
    public static PeftModel NewLora(Model model, AdapterConfig config)
    {
        var peft = new PeftModel(model, config);
        foreach (var (name, projection) in peft.Targets())
        {
            var (rank, alpha) = (config.RankOf(name), config.AlphaOf(name));
            projection.Attach(LoraAdapter.New(projection, rank, Scale(config, alpha, rank), config.Dropout, config.Dora));
        }
        if (!peft.Adapters.Any())
        {
            throw new ArgumentException($"No projection of the model is named {string.Join(", ", config.TargetModules)}.");
        }
        foreach (var (name, parameter) in model.named_parameters().Where(p => peft.IsSaved(p.name)))
        {
            peft._saved[name] = parameter;
        }
        return peft;
    }

    public ModelOutput Forward(ModelInput input) => Prompt is null ? Model.Forward(input) : Prompt.Forward(Model, input);

    /// <summary>Writes the adapters into the base's weights: same answers, no extra cost.</summary>
    public void Merge()
    {
        foreach (var (_, projection, adapter) in Adapters)
        {
            adapter.Merge(projection);
        }
    }

    public void Unmerge()
    {
        foreach (var (_, projection, adapter) in Adapters)
        {
            adapter.Unmerge(projection);
        }
    }

    /// <summary>Writes a folder that PEFT reads: same names, same fields.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        Config.Save(folder);
        using var stream = File.Create(Path.Combine(folder, FileName));
        SafeTensors.Write(stream, Trained.ToDictionary(t => t.Name, t => t.Tensor), new Dictionary<string, string> { ["format"] = "pt" });
    }

    private List<string> Load(SafeTensors file)
    {
        // 1. names without the wrapper's prefix and the adapter's own name
        var names = file.Tensors.ToDictionary(t => Plain(t.Name), t => t.Name);
        var problems = new List<string>();

        // 2. adapters beside projections, or vectors before the text
        if (Config.Type is "LORA" or "IA3")
        {
            var projections = Model.Projections.ToDictionary(p => p.Name, p => p.Projection);
            LoadBeside(file, names, projections, problems);
        }
        else if (names.Remove("prompt_embeddings", out var vectors))
        {
            LoadPrompt(file.Read(vectors), problems);
        }
        else
        {
            problems.Add("prompt_embeddings is missing");
        }

        // 3. what is left replaces tensors of the base: a trained head, biases
        var state = Model.state_dict();
        foreach (var (name, stored) in names)
        {
            if (!state.TryGetValue(name, out var target))
            {
                problems.Add($"{stored} has no place in the base model");
            }
            else if (!file.Find(stored)!.Shape.SequenceEqual(target.shape)) // names come from the file
            {
                problems.Add($"{stored} has shape [{string.Join(",", file.Find(stored)!.Shape)}], the base has [{string.Join(",", target.shape)}]");
            }
            else
            {
                file.ReadInto(stored, target);
                _saved[name] = target;
            }
        }
        problems.AddRange(MissingHeads(state));
        return problems;
    }

    private void LoadBeside(SafeTensors file, Dictionary<string, string> names, Dictionary<string, Projection> projections, List<string> problems)
    {
        var (probe, kind) = Config.Type == "LORA" ? (".lora_A.weight", "lora_A") : (".ia3_l", "ia3_l");
        foreach (var name in names.Keys.Where(n => n.EndsWith(probe, StringComparison.Ordinal)).ToArray())
        {
            var path = name[..^probe.Length];
            if (!projections.TryGetValue(path, out var projection))
            {
                problems.Add($"{names[name]} stands beside no projection of the base model");
                names.Remove(name);
                continue;
            }
            ProjectionAdapter? adapter = Config.Type == "LORA" ? Lora(file, names, path, projection, problems) : Ia3(file, names, path, projection, problems);
            if (adapter is not null)
            {
                projection.Attach(adapter);
            }
        }
        var bare = Config.Partial ? [] : Targets().Where(t => t.Projection.Adapter is null).Select(t => t.Name);
        problems.AddRange(bare.Select(n => $"{n}.{kind} is missing, though target_modules names it"));
    }

    private LoraAdapter? Lora(SafeTensors file, Dictionary<string, string> names, string path, Projection projection, List<string> problems)
    {
        names.Remove(path + ".lora_A.weight", out var a);
        names.Remove(path + ".lora_B.weight", out var b);
        names.Remove(path + ".lora_magnitude_vector", out var magnitude);
        if (b is null || (Config.Dora && magnitude is null))
        {
            problems.Add($"{path}.{(b is null ? "lora_B.weight" : "lora_magnitude_vector")} is missing");
            return null;
        }
        var rank = file.Find(a!)!.Shape[0]; // the probe found it
        if (!Fits(file, a!, [rank, projection.InputSize], problems) || !Fits(file, b, [projection.OutputSize, rank], problems))
        {
            return null;
        }
        if (rank != Config.RankOf(path))
        {
            problems.Add($"{a} has rank {rank}, adapter_config.json says {Config.RankOf(path)}");
            return null;
        }
        return new LoraAdapter(Wide.Of(file.Read(a!)), Wide.Of(file.Read(b)), Scale(Config, Config.AlphaOf(path), (int)rank), Config.Dropout,
            magnitude is null ? null : Wide.Of(file.Read(magnitude)).view(-1));
    }

    private Ia3Adapter? Ia3(SafeTensors file, Dictionary<string, string> names, string path, Projection projection, List<string> problems)
    {
        names.Remove(path + ".ia3_l", out var factors);
        var onInput = Matches(path, Config.FeedForwardModules);
        long[] shape = onInput ? [1, projection.InputSize] : [projection.OutputSize, 1];
        return Fits(file, factors!, shape, problems) ? new Ia3Adapter(Wide.Of(file.Read(factors!)), onInput) : null; // the probe found it
    }

    private void LoadPrompt(Tensor vectors, List<string> problems)
    {
        var prefix = Config.Type == "PREFIX_TUNING";
        var size = Model.WordEmbeddings!.weight.shape[1]; // prompts are for models that read words
        var right = vectors.shape is [var n, var width] && n == Config.VirtualTokens
            && (prefix ? Config.Layers > 0 && Config.Heads > 0 && width % (2L * Config.Layers * Config.Heads) == 0 : width == size);
        if (!right)
        {
            problems.Add($"prompt_embeddings has shape [{string.Join(",", vectors.shape)}], which does not fit num_virtual_tokens, num_layers and the base");
            return;
        }
        Prompt = new PromptAdapter(Wide.Of(vectors), prefix ? (Config.Layers, Config.Heads) : null);
    }

    // A head that the adapter was trained with and does not carry would be random: the peers' most reported silent fault.
    private IEnumerable<string> MissingHeads(Dictionary<string, Tensor> state)
    {
        string[] implied = Config.TaskType is "SEQ_CLS" or "TOKEN_CLS" ? ["classifier", "score"] : [];
        var present = state.Keys.Select(n => n.Split('.')[0]).ToHashSet();
        var wanted = Config.ModulesToSave.Concat(implied.Where(present.Contains)).Distinct();
        return wanted.Where(m => !_saved.Keys.Any(s => s.StartsWith(m + ".", StringComparison.Ordinal) || s.Contains("." + m + ".", StringComparison.Ordinal)))
            .Select(m => $"the trained module '{m}' is missing from the adapter; without it the head would be the base's own");
    }

    private IEnumerable<(string Name, Projection Projection)> Targets() => Model.Projections.Where(p => Matches(p.Name, Config.TargetModules));

    private static bool Matches(string name, IReadOnlyList<string> targets) => targets switch
    {
        ["all-linear"] => !name.EndsWith("lm_head", StringComparison.Ordinal) && !name.StartsWith("classifier", StringComparison.Ordinal),
        [var one] when one.AsSpan().ContainsAny("*+?()[]|^$\\") => new Regex($"^(?:{one})$", RegexOptions.NonBacktracking).IsMatch(name),
        _ => targets.Any(t => name == t || name.EndsWith("." + t, StringComparison.Ordinal)),
    };

    private bool IsSaved(string name) => Config.ModulesToSave.Any(m => name.StartsWith(m + ".", StringComparison.Ordinal) || name.Contains($".{m}.", StringComparison.Ordinal));

    private static double Scale(AdapterConfig config, double alpha, int rank) => config.RankStabilised ? alpha / Math.Sqrt(rank) : alpha / rank;

    private static bool Fits(SafeTensors file, string name, long[] shape, List<string> problems)
    {
        var fits = file.Find(name)!.Shape.SequenceEqual(shape); // callers found the name in the file
        if (!fits)
        {
            problems.Add($"{name} has shape [{string.Join(",", file.Find(name)!.Shape)}], the base needs [{string.Join(",", shape)}]");
        }
        return fits;
    }

    private static string Plain(string name)
    {
        foreach (var prefix in new[] { Prefix, "base_model." })
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                name = name[prefix.Length..];
                break;
            }
        }
        return name.Replace(".modules_to_save.default.", ".", StringComparison.Ordinal).Replace(".modules_to_save.", ".", StringComparison.Ordinal)
            .Replace(".lora_A.default.", ".lora_A.", StringComparison.Ordinal).Replace(".lora_B.default.", ".lora_B.", StringComparison.Ordinal)
            .Replace("lora_magnitude_vector.weight", "lora_magnitude_vector", StringComparison.Ordinal);
    }
}
