using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Appliance.Packages;

/// <summary>What a plugin's assemblies reach for, read from their metadata without running them.</summary>
/// <param name="NativeCalls">library!function of each P/Invoke.</param>
/// <param name="Types">Types that start processes, open sockets, make code or change memory, as namespace.name.</param>
/// <param name="Unsafe">Whether a part was compiled with pointers.</param>
public sealed record AdmissionReport(IReadOnlyList<string> NativeCalls, IReadOnlyList<string> Types, bool Unsafe)
{
    private static readonly string[] Watched =
    [
        "System.Diagnostics.Process", "System.Net.Sockets.", "System.Net.Http.", "System.Reflection.Emit.", "System.Runtime.Loader.AssemblyLoadContext",
        "System.Runtime.InteropServices.NativeLibrary", "System.Runtime.InteropServices.Marshal", "System.Environment", "System.IO.File", "System.IO.Directory",
    ];

    /// <summary>Capabilities that the code seems to need and the manifest does not ask for.</summary>
    public IEnumerable<string> Undeclared(IReadOnlyList<string> declared) =>
        (NativeCalls.Count > 0 || Unsafe) && !declared.Contains("native-code") ? ["native-code"] : [];

    internal static AdmissionReport Of(IEnumerable<KeyValuePair<string, byte[]>> assemblies)
    {
        var (calls, types, pointers) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal), false);
        foreach (var (name, content) in assemblies)
        {
            try
            {
                using var file = new PEReader(new MemoryStream(content, writable: false));
                if (!file.HasMetadata)
                {
                    calls.Add(name + " (native library)");
                    continue;
                }
                var metadata = file.GetMetadataReader();
                calls.UnionWith(Calls(metadata));
                types.UnionWith(References(metadata));
                pointers |= metadata.TypeReferences.Any(r => metadata.GetString(metadata.GetTypeReference(r).Name) == "UnverifiableCodeAttribute");
            }
            catch (BadImageFormatException)
            {
                calls.Add(name + " (cannot be read)");
            }
        }
        return new AdmissionReport([.. calls], [.. types], pointers);
    }

    private static IEnumerable<string> Calls(MetadataReader metadata) =>
        from handle in metadata.MethodDefinitions
        let import = metadata.GetMethodDefinition(handle).GetImport()
        where !import.Module.IsNil
        select $"{metadata.GetString(metadata.GetModuleReference(import.Module).Name)}!{metadata.GetString(import.Name)}";

    private static IEnumerable<string> References(MetadataReader metadata) =>
        from handle in metadata.TypeReferences
        let type = metadata.GetTypeReference(handle)
        let name = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}"
        where Watched.Any(w => name.StartsWith(w, StringComparison.Ordinal))
        select name;
}
