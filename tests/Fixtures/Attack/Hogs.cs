using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>Twelve ways to take what others need.</summary>
internal static class Hogs
{
    private static readonly List<object> Kept = [];

    internal static readonly Dictionary<string, Func<TaskOutput>> All = new()
    {
        ["spin"] = () => For(() => { }),
        ["spin-on-all-processors"] = () =>
        {
            for (var k = 0; k < 8; k++)
            {
                new Thread(() => For(() => { })).Start();
            }
            return For(() => { });
        },
        ["sleep"] = () => For(() => Thread.Sleep(1000)),
        ["deadlock"] = Deadlock,
        ["managed-memory"] = () => For(() => Kept.Add(GC.AllocateArray<byte>(64 << 20).Also(a => Array.Fill<byte>(a, 1)))),
        ["native-memory"] = () => For(Native),
        ["threads"] = () => For(() => new Thread(() => Thread.Sleep(Timeout.Infinite)).Start()),
        ["descriptors"] = () => For(() => Kept.Add(File.OpenHandle("/dev/null"))),
        ["scratch"] = () => For(() => File.WriteAllBytes($"/tmp/hog-{Kept.Count}", (byte[])Kept.Also(k => k.Add(new byte[8 << 20]))[^1])),
        ["output"] = () => For(() => Console.Out.Write(new string('x', 1 << 20))),
        ["long-answer"] = () => new TaskOutput([.. Enumerable.Range(0, 2_000_000).Select(k => new Prediction($"label {k}", 0.5))]),
        ["wild-answer"] = () => new TaskOutput([new Prediction("x", double.NaN), new Prediction("y", 7)]),
    };

    private static TaskOutput For(Action again)
    {
        while (true)
        {
            again();
        }
    }

    private static TaskOutput Deadlock()
    {
        var (one, two) = (new object(), new object());
        var other = new Thread(() => Both(two, one));
        other.Start();
        Both(one, two);
        other.Join();
        return For(() => Thread.Sleep(1000));
    }

    private static void Both(object first, object second)
    {
        lock (first)
        {
            Thread.Sleep(100);
            lock (second)
            {
            }
        }
    }

    private static unsafe void Native()
    {
        var room = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(64 << 20);
        for (var k = 0; k < 64 << 20; k += 4096)
        {
            room[k] = 1;
        }
    }

    private static T Also<T>(this T value, Action<T> act)
    {
        act(value);
        return value;
    }
}
