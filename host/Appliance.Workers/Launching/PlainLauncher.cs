using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>A worker without a sandbox: only for plugins of one's own making, on a machine that has nothing else.</summary>
internal sealed class PlainLauncher(WorkerOptions options) : ILauncher
{
    public Launched Launch(InstalledPlugin? plugin) =>
        ChildProcess.Start(options.Program, socket => ["--fd", socket, .. ChildLimits.Arguments(options)], WorkerEnvironment.Variables(), null);
}
