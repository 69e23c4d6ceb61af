using System.Text.Json;
using Appliance.Models.Adapters;
using Appliance.Models.Checkpoints;
using Appliance.Models.Config;
using Appliance.Models.Families;
using Appliance.Models.Heads;
using TorchSharp;

namespace Appliance.Models;

/// <summary>Opens a model's folder as it was carried in: configuration, weights, head.</summary>
public static class ModelLoader
{
    /// <param name="folder">A folder in Hugging Face layout.</param>
    /// <param name="head">The head wanted; null for the one that the folder's own class has.</param>
    /// <param name="isNew">Whether a tensor may be missing because the recipe says that it is new.</param>
    /// <param name="changes">Fields of the configuration that the recipe sets otherwise.</param>
    /// <returns>The model, ready to answer, and what the load found.</returns>
    /// <exception cref="ModelConfigException">The configuration is missing, wrong or of an unknown family.</exception>
    /// <exception cref="SafeTensorsException">The weights are missing, malformed or hostile.</exception>
    /// <exception cref="CheckpointException">The weights do not fit the configuration.</exception>
    public static (Model Model, LoadReport Report) Open(string folder, HeadKind? head = null, Func<string, bool>? isNew = null,
        IReadOnlyDictionary<string, JsonElement>? changes = null)
    {
        // 1. the configuration and the headers of the weights, before any memory is taken
        using var checkpoint = CheckpointFolder.Open(folder);
        var config = Configuration(folder, checkpoint);
        return Open(changes is null ? config : config.With(changes), checkpoint, folder, head, isNew);
    }

    /// <summary>The same from parts that were opened elsewhere, such as in memory.</summary>
    /// <param name="place">Where the weights came from, for messages.</param>
    public static (Model Model, LoadReport Report) Open(
        ModelConfig config, CheckpointFolder checkpoint, string place, HeadKind? head = null, Func<string, bool>? isNew = null)
    {
        // 2. the family and its head
        var family = FamilyRegistry.Find(config);
        var kind = head ?? Head(config);
        if (kind == HeadKind.Base && !checkpoint.Owners.Keys.Any(n => n.Contains("pooler.", StringComparison.Ordinal)))
        {
            kind = HeadKind.BaseWithoutPooler;
        }

        // 3. the model, then its numbers; what was half loaded is thrown away
        using var scope = torch.NewDisposeScope();
        var kept = KeptAdapter.Of(config);
        var model = family.Build(config, kind);
        try
        {
            kept?.Attach(model, new Random(0)); // the file fills it
            var report = CheckpointLoader.Load(model, checkpoint, place, isNew);
            model.eval();
            return (model, report);
        }
        catch (Exception e) when (e is CheckpointException or SafeTensorsException or IOException or NotSupportedException)
        {
            model.Dispose();
            if (e is NotSupportedException)
            {
                throw new ModelConfigException(config.File, [$"{KeptAdapter.Field}: {e.Message}"]);
            }
            throw;
        }
    }

    /// <summary>The configuration, which also knows the names of the tensors.</summary>
    /// <exception cref="ModelConfigException">config.json is not a JSON object.</exception>
    public static ModelConfig Configuration(string folder, CheckpointFolder checkpoint)
    {
        var config = ModelConfig.Open(folder);
        config.Knows(checkpoint.Tensors.ToDictionary(t => t.Name, t => t.Shape));
        return config;
    }

    private static HeadKind Head(ModelConfig config) => config.Architecture.Length == 0
        ? HeadKind.Base
        : HeadKinds.Of(config.Architecture) ?? throw new ModelConfigException(config.File,
            [$"the head of class '{config.Architecture}' is not implemented"]);
}
