using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record Ended(int Code, string Output, string Errors)
{
    internal JsonNode Json => JsonNode.Parse(Output)!;
}

/// <summary>The real service, built, on a real socket, under a folder of the test's own.</summary>
internal sealed class Running : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private readonly TempFolder _folder = new();
    private Process? _host;

    internal Running()
    {
        Directory.CreateDirectory(Path.Combine(Root, "etc", "policies"));
        // A machine that runs all tests at once may make its disk wait longer than an installation's may.
        File.WriteAllText(Path.Combine(Root, "etc", "appliance.json"), """{"Audit":{"AcknowledgeSeconds":20}}""");
        foreach (var file in Directory.GetFiles(Repository.File("policies"), "*.yaml"))
        {
            File.Copy(file, Path.Combine(Root, "etc", "policies", Path.GetFileName(file)));
        }
    }

    internal string Root => _folder.Path;

    internal string Log => File.Exists(_folder.File("host.log")) ? File.ReadAllText(_folder.File("host.log")) : "";

    internal int ProcessId => _host!.Id;

    /// <summary>The worker processes of this service, through the sandbox that stands between.</summary>
    internal IReadOnlyList<int> Workers()
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.GetDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            try
            {
                var status = File.ReadAllLines(Path.Combine(folder, "status"));
                parents[int.Parse(Path.GetFileName(folder))] = int.Parse(status.First(l => l.StartsWith("PPid:", StringComparison.Ordinal))[5..]);
            }
            catch (IOException)
            {
                // It has ended while we looked.
            }
        }
        bool Below(int process) => parents.TryGetValue(process, out var parent) && (parent == ProcessId || Below(parent));
        return [.. parents.Keys.Where(p => Below(p) && File.Exists($"/proc/{p}/comm") && File.ReadAllText($"/proc/{p}/comm").StartsWith("appliance-worke", StringComparison.Ordinal))];
    }

    internal string Audit => Path.Combine(Root, "var", "audit", "audit.db");

    /// <summary>Starts the service and waits for its socket; the time it took.</summary>
    internal TimeSpan Start(string? wrapper = null, params string[] settings)
    {
        var started = Stopwatch.StartNew();
        var program = Path.Combine(Repository.Programs, "appliance-host");
        _host = Process.Start(new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec {wrapper} {program} --root {Root} {string.Join(' ', settings)} >>{_folder.File("host.log")} 2>&1" },
        })!;
        WaitFor(() => Answers() || _host.HasExited, "the service to answer");
        return started.Elapsed;
    }

    internal void Kill()
    {
        _host!.Kill();
        _host.WaitForExit();
    }

    internal void Stop()
    {
        Process.Start("kill", _host!.Id.ToString()).WaitForExit();
        _host.WaitForExit((int)Limit.TotalMilliseconds).Should().BeTrue("the service stops when it is told to");
    }

    internal int WaitForExit()
    {
        _host!.WaitForExit((int)Limit.TotalMilliseconds).Should().BeTrue();
        return _host.ExitCode;
    }

    /// <summary>The appliance command against this service.</summary>
    internal Ended Command(params string[] arguments) => Run("appliance", [.. arguments, "--root", Root]);

    internal Ended CommandWith(string input, params string[] arguments) => Run("appliance", [.. arguments, "--root", Root], input);

    internal Ended Verify(params string[] arguments) => Run("appliance-verify", [Audit, "--public-key", Path.Combine(Root, "var", "audit", "audit.pub"), .. arguments]);

    internal static Ended Run(string program, string[] arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program.Contains('/') ? program : Path.Combine(Repository.Programs, program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit((int)Limit.TotalMilliseconds).Should().BeTrue($"{program} {string.Join(' ', arguments)} ends");
        return new Ended(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    internal string File_(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content);
        return _folder.File(name);
    }

    internal static void WaitFor(Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.Should().BeLessThan(Limit, $"waiting for {what}");
            Thread.Sleep(10);
        }
    }

    /// <summary>A base model and the letters, as the main job has them.</summary>
    internal void ImportSamples()
    {
        Done("model", "import", "use-lite-en", Repository.File("samples", "use-lite-en"));
        Done("dataset", "import", "letters", Repository.File("samples", "letters-it"), "--label-names", "0=complaint,1=question,2=praise");
    }

    // What a whole class of tests stands on says why it failed.
    private void Done(params string[] arguments) => Command(arguments).Should().Match<Ended>(e => e.Code == 0, "the service says: " + Log);

    internal string Recipe(string method = "head", int epochs = 30, string more = "") => File_(
        $"{method}.yaml", $"base_model: use-lite-en\ntask: sentiment\nmethod: {method}\nnum_train_epochs: {epochs}\nprecision: auto\n{more}");

    /// <summary>Every byte under the root, as text, for canaries.</summary>
    internal string AllBytes() => string.Concat(Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
        .Where(f => !f.EndsWith(".sock") && !f.EndsWith(".lock")) // a socket holds no bytes, a claimed lock is empty
        .Select(f => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(f))));

    public void Dispose()
    {
        if (_host is { HasExited: false })
        {
            Kill();
        }
        _folder.Dispose();
    }

    private bool Answers()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Root, "run", "api.sock")));
            socket.Send("GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8);
            var reply = new byte[32];
            return socket.Receive(reply) > 12 && reply[9] == (byte)'2';
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
