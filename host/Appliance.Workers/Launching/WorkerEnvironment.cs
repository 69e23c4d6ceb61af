using Appliance.Sdk.Recipes;

namespace Appliance.Workers.Launching;

/// <summary>The only variables that a worker sees; a plugin must not read the host's environment.</summary>
internal static class WorkerEnvironment
{
    private static readonly string[] Passed = ["PATH", "LD_LIBRARY_PATH", "LIBTORCH_HOME", "DOTNET_ROOT", "CUDA_VISIBLE_DEVICES"];

    internal static Dictionary<string, string> Variables()
    {
        var all = new Dictionary<string, string>(JobEnvironment.Set)
        {
            ["DOTNET_EnableDiagnostics"] = "0", ["DOTNET_DbgEnableMiniDump"] = "0", ["HOME"] = "/nonexistent",
        };
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                all[name] = value;
            }
        }
        return all;
    }
}
