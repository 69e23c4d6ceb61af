using System.Runtime.CompilerServices;
using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>Twelve ways to end a process in the middle of a request.</summary>
internal static class Deaths
{
    internal static readonly Dictionary<string, Func<TaskOutput>> All = new()
    {
        ["exit"] = () => Never(() => Environment.Exit(0)),
        ["exit-1"] = () => Never(() => Environment.Exit(1)),
        ["exit-by-call"] = () => Never(() => Kernel.Call(231, 3)),
        ["fail-fast"] = () => Never(() => Environment.FailFast("on purpose")),
        ["abort"] = () => Never(Kernel.abort),
        ["stack-overflow"] = () => Never(() => Deeper(0)),
        ["kill-itself"] = () => Never(() => Kernel.Call(62, Environment.ProcessId, 9)),
        ["terminate-itself"] = () => Never(() => Kernel.Call(62, Environment.ProcessId, 15)),
        ["bad-pointer"] = () => Never(() => System.Runtime.InteropServices.Marshal.WriteByte(16, 1)),
        ["throw-on-a-thread"] = () => Never(() => new Thread(() => throw new InvalidOperationException("on purpose")).Start()),
        ["close-the-socket"] = () => Never(CloseAll),
        ["throw-in-a-finalizer"] = () => Never(Finalized),
    };

    private static TaskOutput Never(Action end)
    {
        end();
        Thread.Sleep(Timeout.Infinite);
        return new TaskOutput([]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Deeper(int depth) => Deeper(depth + 1) + Deeper(depth + 2);

    private static void CloseAll()
    {
        for (var k = 3; k < 256; k++)
        {
            Kernel.Call(48, k, 2); // shutdown, for files nothing
        }
    }

    private static void Finalized()
    {
        Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new Bad();

    private sealed class Bad
    {
        ~Bad() => throw new InvalidOperationException("on purpose");
    }
}
