using System.Reflection;
using System.Runtime.Loader;
using Appliance.Sdk.Plugins;

namespace Appliance.Worker;

/// <summary>Loads a plugin beside the worker: its own dependencies from its own folder, the SDK's types from here.</summary>
internal sealed class PluginLoader(string assemblyPath) : AssemblyLoadContext("plugin")
{
    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    /// <exception cref="InvalidDataException">The assembly or its type is missing or is no plugin.</exception>
    internal static IPlugin Load(string folder, string assembly, string type)
    {
        var path = Path.Combine(folder, Path.GetFileName(assembly));
        try
        {
            var loaded = new PluginLoader(path).LoadFromAssemblyPath(path);
            return loaded.GetType(type) is { } found && Activator.CreateInstance(found) is IPlugin plugin
                ? plugin
                : throw new InvalidDataException($"The assembly {assembly} has no type {type} that implements IPlugin.");
        }
        catch (Exception e) when (e is FileNotFoundException or BadImageFormatException or MissingMethodException
            or TargetInvocationException or TypeLoadException)
        {
            throw new InvalidDataException($"The plugin's assembly {assembly} cannot be loaded ({e.GetType().Name}). Build it against this SDK.");
        }
    }

    /// <summary>Whether a plugin was built against tensors; one of plain rules never loads libtorch.</summary>
    internal static bool Computes(IPlugin plugin) => plugin.GetType().Assembly.GetReferencedAssemblies()
        .Any(a => a.Name is "Appliance.Torch" or "Appliance.Models" or "Appliance.Training" or "TorchSharp");

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // One copy of each contract type: what the worker has, the plugin shares.
        if (Default.Assemblies.Any(a => a.GetName().Name == assemblyName.Name)
            || assemblyName.Name?.StartsWith("Appliance.", StringComparison.Ordinal) == true)
        {
            return null;
        }
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }
}
