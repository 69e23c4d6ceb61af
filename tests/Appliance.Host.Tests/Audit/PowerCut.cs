using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Tests.Audit;

/// <summary>A disk rebuilt from a trace of system calls, as it could be found after the current went at any moment.</summary>
/// <remarks>
/// What was synced is there. Of what was not, each sector of 512 bytes may be there or not, and names of files are there up to some point.
/// Stricter than most file systems: a synced file whose folder was not synced may have no name.
/// </remarks>
internal sealed partial class PowerCut
{
    private const int Sector = 512;
    private readonly string _folder;
    private readonly Dictionary<string, Inode> _names = [];
    private readonly Dictionary<string, Inode> _durable = [];
    private readonly List<Action<Dictionary<string, Inode>>> _pendingNames = [];

    private PowerCut(string folder) => _folder = folder;

    private sealed class Inode
    {
        internal byte[] Synced = [];
        internal readonly List<(long At, byte[]? Data)> Pending = []; // without data: cut to this length
    }

    private readonly record struct Call(string Name, string Path, string Arguments);

    /// <summary>Runs through the trace and hands out states at random moments.</summary>
    /// <param name="state">Told of the files and of the last record that was acknowledged.</param>
    /// <returns>How many states there were.</returns>
    internal static int Replay(string trace, string folder, int states, int seed, Action<IReadOnlyDictionary<string, byte[]>, long> state)
    {
        var calls = Read(trace).ToArray();
        var chance = new Random(seed);
        var moments = Enumerable.Range(0, states).Select(_ => chance.Next(calls.Length)).ToLookup(m => m);
        var (disk, acknowledged) = (new PowerCut(folder), 0L);
        for (var k = 0; k < calls.Length; k++)
        {
            acknowledged = disk.Apply(calls[k]) ?? acknowledged;
            foreach (var _ in moments[k])
            {
                state(disk.Found(chance), acknowledged);
            }
        }
        return states;
    }

    private Dictionary<string, byte[]> Found(Random chance)
    {
        var names = new Dictionary<string, Inode>(_durable);
        foreach (var change in _pendingNames.Take(chance.Next(_pendingNames.Count + 1)))
        {
            change(names);
        }
        var keep = chance.Next(4) switch { 0 => 0.0, 1 => 1.0, 2 => 0.5, _ => chance.NextDouble() };
        return names.ToDictionary(n => n.Key, n => Content(n.Value, chance, keep));
    }

    private static byte[] Content(Inode inode, Random chance, double keep)
    {
        var bytes = (byte[])inode.Synced.Clone();
        foreach (var (at, data) in inode.Pending)
        {
            for (var from = 0; data is not null && from < data.Length; from += Sector - (int)((at + from) % Sector))
            {
                if (chance.NextDouble() < keep)
                {
                    var length = Math.Min(Sector - (int)((at + from) % Sector), data.Length - from);
                    Put(ref bytes, at + from, data.AsSpan(from, length));
                }
            }
            if (data is null && chance.NextDouble() < keep)
            {
                Array.Resize(ref bytes, (int)at);
            }
        }
        return bytes;
    }

    private static void Put(ref byte[] bytes, long at, ReadOnlySpan<byte> data)
    {
        if (bytes.Length < at + data.Length)
        {
            Array.Resize(ref bytes, (int)at + data.Length);
        }
        data.CopyTo(bytes.AsSpan((int)at));
    }

    // Returns a number when the call told somebody that a record is safe.
    private long? Apply(Call call)
    {
        switch (call.Name)
        {
            case "openat" when call.Arguments.Contains("O_CREAT") && !_names.ContainsKey(call.Path):
                var made = new Inode();
                Name(n => n[call.Path] = made);
                break;
            case "openat" when call.Arguments.Contains("O_TRUNC") && _names.TryGetValue(call.Path, out var emptied):
                emptied.Pending.Add((0, null));
                break;
            case "write" when long.TryParse(Encoding.ASCII.GetString(Strings(call.Arguments).First()), CultureInfo.InvariantCulture, out var number):
                return number;
            case "pwrite64" when _names.TryGetValue(call.Path, out var written):
                written.Pending.Add((Numbers(call.Arguments)[^1], Strings(call.Arguments).First()));
                break;
            case "ftruncate" when _names.TryGetValue(call.Path, out var cut):
                cut.Pending.Add((Numbers(call.Arguments)[^1], null));
                break;
            case "fsync" or "fdatasync" when call.Path == _folder:
                _pendingNames.ForEach(change => change(_durable));
                _pendingNames.Clear();
                break;
            case "fsync" or "fdatasync" when _names.TryGetValue(call.Path, out var synced):
                synced.Synced = Content(synced, Random.Shared, keep: 2);
                synced.Pending.Clear();
                break;
            case "unlink":
                Name(n => n.Remove(call.Path));
                break;
            case "rename":
                var to = Encoding.UTF8.GetString(Strings(call.Arguments).Last());
                Name(n =>
                {
                    if (n.Remove(call.Path, out var moved))
                    {
                        n[to] = moved;
                    }
                });
                break;
        }
        return null;
    }

    private void Name(Action<Dictionary<string, Inode>> change)
    {
        change(_names);
        _pendingNames.Add(change);
    }

    private static IEnumerable<Call> Read(string trace)
    {
        var begun = new Dictionary<string, string>();
        foreach (var line in File.ReadLines(trace))
        {
            var (thread, rest) = (line[..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..].TrimStart());
            if (rest.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun[thread] = rest[..^"<unfinished ...>".Length];
                continue;
            }
            if (Resumed().Match(rest) is { Success: true } resumed)
            {
                rest = begun[thread] + rest[resumed.Length..];
            }
            if (Whole().Match(rest) is { Success: true } m && !m.Groups[3].Value.StartsWith("-1", StringComparison.Ordinal))
            {
                yield return new Call(m.Groups[1].Value.Replace("renameat2", "rename").Replace("unlinkat", "unlink"), PathOf(m.Groups[1].Value, m.Groups[2].Value), m.Groups[2].Value);
            }
        }
    }

    private static string PathOf(string name, string arguments) => name.StartsWith("open") || name.StartsWith("rename") || name.StartsWith("unlink")
        ? Encoding.UTF8.GetString(Strings(arguments).First())
        : Descriptor().Match(arguments) is { Success: true } m ? Encoding.UTF8.GetString(Bytes(m.Groups[1].Value)) : "";

    private static IEnumerable<byte[]> Strings(string arguments) => Quoted().Matches(arguments).Select(m => Bytes(m.Groups[1].Value));

    private static byte[] Bytes(string hex) => hex.StartsWith('\\') ? Convert.FromHexString(hex.Replace("\\x", "")) : Encoding.UTF8.GetBytes(hex);

    private static long[] Numbers(string arguments) => [.. Number().Matches(arguments[(arguments.LastIndexOf('"') + 1)..]).Select(m => long.Parse(m.Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")] private static partial Regex Resumed();
    [GeneratedRegex(@"^(\w+)\((.*)\)\s+= (-?\d+)")] private static partial Regex Whole();
    [GeneratedRegex(@"^\d+<([^>]*)>")] private static partial Regex Descriptor();
    [GeneratedRegex("\"([^\"]*)\"")] private static partial Regex Quoted();
    [GeneratedRegex(@"\b\d+\b")] private static partial Regex Number();
}
