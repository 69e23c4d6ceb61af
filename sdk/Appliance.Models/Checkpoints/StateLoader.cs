using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Checkpoints;

/// <summary>Copies a checkpoint into a module by name; nothing is left random without a word.</summary>
public static class StateLoader
{
    /// <param name="module">Gets every tensor of the file that it has a place for.</param>
    /// <param name="file">The checkpoint.</param>
    /// <param name="mayBeMissing">Names of the module that the file need not have, such as a head not trained yet.</param>
    /// <exception cref="SafeTensorsException">A tensor is missing, has another shape, or has no place in the module.</exception>
    public static void Load(nn.Module module, SafeTensors file, Func<string, bool>? mayBeMissing = null)
    {
        using var _ = no_grad();
        var state = module.state_dict();
        var problems = new List<string>();
        problems.AddRange(file.Tensors.Select(t => t.Name).Where(n => !state.ContainsKey(n)).Select(n => $"no place for {n}"));
        foreach (var (name, target) in state)
        {
            if (!file.Contains(name))
            {
                if (mayBeMissing?.Invoke(name) != true)
                {
                    problems.Add($"{name} is missing");
                }
                continue;
            }
            using var scope = NewDisposeScope();
            var source = file.Read(name);
            if (!source.shape.SequenceEqual(target.shape))
            {
                problems.Add($"{name} has shape [{string.Join(",", source.shape)}], expected [{string.Join(",", target.shape)}]");
                continue;
            }
            target.copy_(source);
        }
        if (problems.Count > 0)
        {
            throw new SafeTensorsException(string.Join("; ", problems.Take(5)) + (problems.Count > 5 ? "; ..." : ""));
        }
    }
}
