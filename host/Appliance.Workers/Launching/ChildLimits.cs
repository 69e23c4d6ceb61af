using System.Globalization;

namespace Appliance.Workers.Launching;

/// <summary>What a worker may take at most, handed on as its arguments: it sets them on itself before it reads a frame.</summary>
internal static class ChildLimits
{
    internal static IEnumerable<string> Arguments(WorkerOptions options) =>
    [
        "--memory-mib", options.MemoryMegabytes.ToString(CultureInfo.InvariantCulture), "--tasks", options.TasksMax.ToString(CultureInfo.InvariantCulture),
        "--file-mib", options.ScratchMegabytes.ToString(CultureInfo.InvariantCulture),
    ];
}
