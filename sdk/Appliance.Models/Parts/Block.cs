using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Appliance.Models.Parts;

/// <summary>A module that registers its parts under the dotted names of a checkpoint.</summary>
/// <remarks>
/// TorchSharp allows no dot in a name, and checkpoints nest deeper than the mathematics: <c>attention.self.query</c> is
/// one matrix. <see cref="Add{T}"/> makes the empty modules in between.
/// </remarks>
public abstract class Block(string name) : Module(name)
{
    private readonly Dictionary<string, Group> _groups = [];

    /// <summary>Registers a part; an empty path makes no sense and a repeated one is a mistake of the family.</summary>
    protected internal T Add<T>(string path, T part)
        where T : Module
    {
        var (owner, leaf) = Owner(path);
        owner.register_module(leaf, part);
        return part;
    }

    /// <summary>Registers an uninitialised parameter; the loader fills it.</summary>
    protected internal Parameter AddParameter(string path, params long[] shape)
    {
        var parameter = new Parameter(empty(shape));
        var (owner, leaf) = Owner(path);
        owner.register_parameter(leaf, parameter);
        return parameter;
    }

    /// <summary>Registers a parameter that was made elsewhere.</summary>
    protected internal void AddExisting(string path, Parameter parameter)
    {
        var (owner, leaf) = Owner(path);
        owner.register_parameter(leaf, parameter);
    }

    protected internal Tensor AddBuffer(string path, Tensor values)
    {
        var (owner, leaf) = Owner(path);
        owner.register_buffer(leaf, values);
        return values;
    }

    private (Module Owner, string Leaf) Owner(string path)
    {
        var dot = path.LastIndexOf('.');
        return dot < 0 ? (this, path) : (GroupAt(path[..dot]), path[(dot + 1)..]);
    }

    private Group GroupAt(string path)
    {
        if (!_groups.TryGetValue(path, out var group))
        {
            group = new Group();
            _groups.Add(path, group);
            var (owner, leaf) = Owner(path);
            owner.register_module(leaf, group);
        }
        return group;
    }

    private sealed class Group() : Module(nameof(Group));
}
