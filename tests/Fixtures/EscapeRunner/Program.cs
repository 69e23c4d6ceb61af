using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Appliance.Domain.Plugins;
using Appliance.Sdk.Plugins;
using Appliance.Tests;
using Appliance.Workers;
using Appliance.Workers.Launching;

// Hosts the attacking plugin as the service would, and prints what became of each attempt as one JSON object.
// usage: EscapeRunner escapes|ends|crashes|figures|group WORKER PLUGINS bubblewrap|none OUTSIDE
var (mode, worker, plugins, sandbox, outside) = (args[0], args[1], args[2], Enum.Parse<SandboxKind>(args[3], ignoreCase: true), args[4]);
var options = new WorkerOptions
{
    Program = worker, PluginsFolder = plugins, Sandbox = sandbox, Threads = 1, AnswerWithin = TimeSpan.FromSeconds(mode == "ends" ? 4 : 20),
    MemoryMegabytes = mode == "ends" ? 1024 : 0, ScratchMegabytes = 64, DeathsMax = mode == "crashes" ? 5 : 1000,
};
await using var pool = new WorkerPool(options, new FakeAudit(), TimeProvider.System);
var problems = pool.Discover([]);
if (problems.Count > 0)
{
    throw new InvalidDataException(string.Join("; ", problems));
}
Environment.SetEnvironmentVariable("ESCAPE_SECRET", "in the host's environment");
using var tcp = new TcpListener(IPAddress.Loopback, 0);
tcp.Start();
var name = $"escape-{Environment.ProcessId}";
using var hidden = Listener("\0" + name);
using var path = Listener(Path.Combine(outside, "listener.sock"));
var fields = new Dictionary<string, string>
{
    ["secret"] = Path.Combine(outside, "secret"), ["outside"] = outside, ["other"] = Path.Combine(plugins, "neighbour"), ["plugin"] = Path.Combine(plugins, "attack"),
    ["programs"] = Path.GetDirectoryName(worker)!, ["pid"] = $"{Environment.ProcessId}", ["port"] = $"{((IPEndPoint)tcp.LocalEndpoint).Port}",
    ["abstract"] = name, ["listener"] = Path.Combine(outside, "listener.sock"), ["host"] = Environment.MachineName,
};

var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
var (slowest, quiet) = (new List<double>(), new List<double>());
for (var k = 0; mode == "ends" && k < 300; k++)
{
    quiet.Add(await Timed());
}
if (mode == "figures")
{
    // A worker without a model: its first reply in a new process, a round trip, and what it holds when nobody asks.
    var first = new List<double>();
    for (var k = 0; k < 11; k++)
    {
        await pool.RecycleAsync("neighbour");
        first.Add(await Timed(pause: 0));
    }
    var trips = new List<double>();
    for (var k = 0; k < 20_000; k++)
    {
        trips.Add(await Timed(pause: 0));
    }
    var (sorted, firsts) = (trips.Skip(2_000).Order().ToArray(), first.Order().ToArray());
    await pool.RecycleAsync("neighbour");
    await Timed(pause: 0);
    await Task.Delay(1000);
    string Text(double value) => value.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
    (result["first_reply_ms"], result["round_trip_p50_ms"], result["round_trip_p99_ms"]) =
        (Text(firsts[5]), Text(sorted[sorted.Length / 2]), Text(sorted[(int)(sorted.Length * 0.99)]));
    (result["idle_rss_mib"], result["idle_pss_mib"]) = (Text(Field("Rss:") / 1024), Text(Field("Pss:") / 1024));
    Console.WriteLine(JsonSerializer.Serialize(result));
    return;
}
if (mode == "group")
{
    // The groups of the kernel around a worker: who is in them, what they allow, and that they go with it.
    await Outcome(Ask("neighbour", "well"));
    string[] Groups() => Directory.Exists("/sys/fs/cgroup") ? [.. Directory.GetDirectories("/sys/fs/cgroup").Prepend("/sys/fs/cgroup").Select(t => Path.Combine(t, "appliance")).Where(Directory.Exists)
        .SelectMany(p => Directory.GetDirectories(p, $"{Environment.ProcessId}-*"))] : [];
    var groups = Groups();
    string Read(params string[] files) => groups.SelectMany(g => files.Select(f => Path.Combine(g, f))).Where(File.Exists).Select(f => File.ReadAllText(f).Trim()).FirstOrDefault("");
    var inside = groups.SelectMany(g => File.ReadAllLines(Path.Combine(g, "cgroup.procs"))).Distinct().Select(int.Parse).ToArray();
    (result["groups"], result["memory"], result["tasks"]) = ($"{groups.Length}", Read("memory.max", "memory.limit_in_bytes"), Read("pids.max"));
    result["outside"] = $"{Process.GetProcessesByName("appliance-worker").Count(p => IsOurs(p.Id) && !inside.Contains(p.Id))}";
    result["inside"] = $"{inside.Length}";
    await pool.DisposeAsync();
    for (var tries = 0; tries < 50 && Groups().Length > 0; tries++)
    {
        await Task.Delay(100);
    }
    result["left"] = $"{Groups().Length}";
    Console.WriteLine(JsonSerializer.Serialize(result));
    return;

    // Whether a process descends from this one.
    static bool IsOurs(int process)
    {
        for (var p = process; p > 1;)
        {
            p = File.Exists($"/proc/{p}/stat") && File.ReadAllText($"/proc/{p}/stat").Split(") ")[^1].Split(' ') is { Length: > 1 } stat ? int.Parse(stat[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            if (p == Environment.ProcessId)
            {
                return true;
            }
        }
        return false;
    }
}
if (mode == "crashes")
{
    for (var k = 0; k < 7; k++)
    {
        result[$"{k}"] = await Outcome(Ask("attack", "exit"));
    }
    result["neighbour"] = await Outcome(Ask("neighbour", "well"));
    await pool.ReleaseAsync("attack", pool.Plugins);
    result["released"] = await Outcome(Ask("attack", "well"));
    Console.WriteLine(JsonSerializer.Serialize(result));
    return;
}
foreach (var attempt in (await Ask("attack", mode)).Predictions.Select(p => p.Label).ToArray())
{
    if (mode == "ends")
    {
        await Ask("neighbour", "well");
        var ending = Ask("attack", attempt);
        while (!ending.IsCompleted)
        {
            slowest.Add(await Timed());
        }
        result[attempt] = await Outcome(ending);
        result[attempt] += (await Outcome(Ask("attack", "well"))) == "well" ? ", then well" : ", then gone";
    }
    else
    {
        File.WriteAllText(Path.Combine(outside, "doomed"), "x");
        result[attempt] = await Outcome(Ask("attack", attempt));
    }
}
if (mode == "ends")
{
    (result["neighbour_p99_ms"], result["neighbour_p99_ms_quiet"], result["neighbour_asked"]) = (P99(slowest), P99(quiet), $"{slowest.Count}");
}
Console.WriteLine(JsonSerializer.Serialize(result));

async Task<double> Timed(int pause = 10)
{
    var start = Stopwatch.GetTimestamp();
    await Ask("neighbour", "well");
    var taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    await Task.Delay(pause);
    return taken;
}

// Of all that runs below this process, sandbox included, in KiB. Pss counts a page that several processes share by its share.
static double Field(string name)
{
    var (parents, sizes) = (new Dictionary<int, int>(), new Dictionary<int, double>());
    foreach (var process in Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(p => int.TryParse(p, out _)).Select(p => int.Parse(p!)))
    {
        try
        {
            string Line(string file, string field) => File.ReadLines($"/proc/{process}/{file}").First(l => l.StartsWith(field, StringComparison.Ordinal))[field.Length..].Trim().Split(' ')[0];
            parents[process] = int.Parse(Line("status", "PPid:"));
            sizes[process] = double.Parse(Line("smaps_rollup", name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // It has ended while we looked, or is not ours.
        }
    }
    bool Below(int process) => parents.TryGetValue(process, out var parent) && (parent == Environment.ProcessId || Below(parent));
    return sizes.Where(s => Below(s.Key)).Sum(s => s.Value);
}

static string P99(List<double> all) => all.Order().ElementAt((int)(all.Count * 0.99)).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

async Task<TaskOutput> Ask(string task, string what) => (await pool.AnswerAsync(
    task, "model", () => new Dictionary<string, ReadOnlyMemory<byte>>(), [new TaskInput(new Dictionary<string, string>(fields) { ["what"] = what })], CancellationToken.None))[0];

static async Task<string> Outcome(Task<TaskOutput> asked)
{
    try
    {
        return (await asked).Predictions[0].Label;
    }
    catch (WorkerException e)
    {
        return e.Code;
    }
}

static Socket Listener(string place)
{
    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    socket.Bind(new UnixDomainSocketEndPoint(place));
    socket.Listen(16);
    return socket;
}
