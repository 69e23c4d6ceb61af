using Appliance.Models.Families;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>What a load found.</summary>
/// <param name="New">Tensors of the model that the file lacks and the caller declared to be new.</param>
/// <param name="Unused">Tensors of the file that belong to another head, a pooler or a table that is computed.</param>
public sealed record LoadReport(int Loaded, IReadOnlyList<string> New, IReadOnlyList<string> Unused);

/// <summary>Fills a model from a checkpoint by name: strict, so that nothing is left random without a word.</summary>
public static class CheckpointLoader
{
    /// <param name="isNew">Whether a tensor of the model may be missing because the caller sets it, such as a new head.</param>
    /// <exception cref="CheckpointException">Tensors are missing, have another shape, or have no place in the base.</exception>
    public static LoadReport Load(Model model, CheckpointFolder checkpoint, string folder, Func<string, bool>? isNew = null)
    {
        // 1. the file's names as the model spells them
        var state = model.state_dict();
        var names = Renamed(model.Names, checkpoint.Owners.Keys, state);
        var (problems, fresh, loaded) = (new List<string>(), new List<string>(), 0);

        // 2. every tensor of the model from its tensor of the file
        foreach (var (name, target) in state)
        {
            var source = names.GetValueOrDefault(name) ?? names.GetValueOrDefault(model.Names.Optional.GetValueOrDefault(name, ""));
            if (source is null)
            {
                if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                {
                    continue; // a counter that older files lack; it changes no answer
                }
                (isNew?.Invoke(name) == true ? fresh : problems).Add(isNew?.Invoke(name) == true ? name : $"{name} is missing");
                continue;
            }
            var file = checkpoint.Owners[source];
            var span = file.Find(source)!; // the owner has it
            if (!span.Shape.SequenceEqual(target.shape) && isNew?.Invoke(name) == true)
            {
                fresh.Add(name); // a head for other classes: declared to be new
                continue;
            }
            if (!span.Shape.SequenceEqual(target.shape))
            {
                problems.Add($"{source} has shape [{string.Join(",", span.Shape)}], the configuration says [{string.Join(",", target.shape)}]");
                continue;
            }
            file.ReadInto(source, target);
            loaded++;
        }

        // 3. what the model has no place for
        var left = names.Where(n => !state.ContainsKey(n.Key) && !model.Names.Optional.Values.Contains(n.Key)).ToArray();
        problems.AddRange(left.Where(n => !MayStand(model, n.Key)).Select(n => $"{n.Value} has no place in the model"));
        return problems.Count > 0
            ? throw new CheckpointException(folder, problems)
            : new LoadReport(loaded, fresh, [.. left.Select(n => n.Value)]);
    }

    /// <summary>The model's spelling → the file's.</summary>
    internal static Dictionary<string, string> Renamed(NameRules rules, IEnumerable<string> names, IReadOnlyDictionary<string, Tensor> state)
    {
        var all = names.ToArray();
        var wrapped = all.Length > 0 && all.All(n => n.StartsWith("module.", StringComparison.Ordinal));
        var spelled = all.Select(n => (File: n, Ours: Spelled(rules, wrapped ? n["module.".Length..] : n))).ToArray();
        var prefix = BasePrefix(rules, [.. spelled.Select(s => s.Ours)], state);
        var result = new Dictionary<string, string>();
        foreach (var (file, ours) in spelled)
        {
            result.TryAdd(Moved(ours, prefix, rules, state), file);
        }
        return result;
    }

    private static string Spelled(NameRules rules, string name)
    {
        foreach (var (old, now) in rules.Renames)
        {
            name = name.Replace(old, now, StringComparison.Ordinal);
        }
        return name;
    }

    // +1: the file's base lacks the prefix that the model has; −1: the file has one that the model lacks; 0: they agree.
    private static int BasePrefix(NameRules rules, string[] names, IReadOnlyDictionary<string, Tensor> state)
    {
        if (rules.BasePrefix.Length == 0)
        {
            return 0;
        }
        var inFile = names.Any(n => n.StartsWith(rules.BasePrefix, StringComparison.Ordinal));
        var inModel = state.Keys.Any(n => n.StartsWith(rules.BasePrefix, StringComparison.Ordinal));
        return inModel && !inFile ? 1 : inFile && !inModel ? -1 : 0;
    }

    private static string Moved(string name, int prefix, NameRules rules, IReadOnlyDictionary<string, Tensor> state) => prefix switch
    {
        1 when !state.ContainsKey(name) => rules.BasePrefix + name,
        -1 when name.StartsWith(rules.BasePrefix, StringComparison.Ordinal) => name[rules.BasePrefix.Length..],
        _ => name,
    };

    // Other heads stand outside of the base; a pooler is a head that stands inside.
    private static bool MayStand(Model model, string name)
    {
        var rules = model.Names;
        if (rules.Ignored.Any(i => name.EndsWith(i, StringComparison.Ordinal))
            || rules.IgnoredStarts.Any(i => name.StartsWith(i, StringComparison.Ordinal)))
        {
            return true;
        }
        var outside = model is not Encoder && rules.BasePrefix.Length > 0 && !name.StartsWith(rules.BasePrefix, StringComparison.Ordinal);
        return outside || IsHead(name) || name.Contains("pooler.", StringComparison.Ordinal);
    }

    private static bool IsHead(string name) => HeadStarts.Any(h => name.StartsWith(h, StringComparison.Ordinal));

    private static readonly string[] HeadStarts =
    [
        "cls.", "classifier.", "qa_outputs.", "lm_head.", "predictions.", "sop_classifier.", "pre_classifier.", "vocab_",
        "discriminator_predictions.", "generator_predictions.", "generator_lm_head.", "score.", "lm_predictions.", "mask_predictions.",
    ];
}
