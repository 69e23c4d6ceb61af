using System.Diagnostics;
using System.Runtime.InteropServices;
using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>A child of the host with the host's sockets closed to it, but for its own.</summary>
internal sealed class ChildProcess : IWorkerProcess
{
    private static readonly Lock Starting = new();
    private readonly Process _process;

    private readonly ControlGroup? _group;

    private ChildProcess(Process process, ControlGroup? group) => (_process, _group) = (process, group);

    public long ResidentBytes => Family(_process.Id).Sum(p => StatusField(p, "VmRSS:") * 1024);

    public bool IsAlive => !_process.HasExited;

    /// <param name="arguments">Of the program; gets the number of the worker's socket.</param>
    /// <param name="group">What the child is in, and gone with it; null for none.</param>
    /// <param name="handed">More descriptors that the child inherits.</param>
    internal static Launched Start(
        string program, Func<string, IEnumerable<string>> arguments, IReadOnlyDictionary<string, string> environment, ControlGroup? group, params SafeHandle[] handed)
    {
        var (host, child) = SocketPair.Create();
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        foreach (var argument in arguments(child.DangerousGetHandle().ToString()))
        {
            start.ArgumentList.Add(argument);
        }
        // One start at a time: between these lines any other child would inherit the descriptors too.
        lock (Starting)
        {
            SocketPair.LetInherit(child, true);
            Array.ForEach(handed, h => SocketPair.LetInherit(h, true));
            try
            {
                var process = ParentThread.Start(start);
                process.StandardInput.Close();
                Discard(process.StandardOutput);
                Discard(process.StandardError);
                return new Launched(host, new ChildProcess(process, group));
            }
            catch (System.ComponentModel.Win32Exception)
            {
                host.Dispose();
                group?.Dispose();
                throw new WorkerException("worker_died", $"{program} cannot be started. Install the appliance again.");
            }
            finally
            {
                child.Dispose();
                Array.ForEach(handed, h => h.Dispose());
            }
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        _process.Dispose();
        _group?.Dispose();
    }

    // The process, and what it started: a sandbox stands between us and the worker.
    private static IEnumerable<int> Family(int process) => Directory.GetDirectories("/proc").Select(Path.GetFileName)
        .Select(n => int.TryParse(n, out var p) ? p : 0).Where(p => p > 0 && StatusField(p, "PPid:") == process).SelectMany(Family).Prepend(process);

    private static long StatusField(int process, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line[name.Length..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended while we looked
        }
    }

    // What a plugin prints may quote its input: it is read, so that the plugin never blocks, and forgotten.
    private static void Discard(StreamReader output) => _ = output.BaseStream.CopyToAsync(Stream.Null);
}
