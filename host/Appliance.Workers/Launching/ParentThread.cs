using System.Diagnostics;
using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>Starts a process from a thread that lives exactly as long as the process does.</summary>
/// <remarks>
/// A sandbox ends with its parent, and the kernel takes the thread that started it for the parent (PR_SET_PDEATHSIG): a pool's thread may
/// end at any idle moment, and would take a training with it.
/// </remarks>
internal static class ParentThread
{
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    internal static Process Start(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>();
        new Thread(() => Run(start, started)) { IsBackground = true, Name = "parent of a child" }.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Run(ProcessStartInfo start, TaskCompletionSource<Process> started)
    {
        int number;
        try
        {
            var process = Process.Start(start) ?? throw new WorkerException("worker_died", "The program did not start.");
            number = process.Id;
            started.SetResult(process);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or WorkerException)
        {
            started.SetException(e);
            return;
        }
        try
        {
            // Its own handle: whoever has the other may dispose of it while this thread still waits.
            using var waited = Process.GetProcessById(number);
            waited.WaitForExit();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }
}
