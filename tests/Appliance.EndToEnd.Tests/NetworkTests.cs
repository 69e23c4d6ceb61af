namespace Appliance.Tests;

/// <summary>The main job inside an empty network namespace, with every socket call of the service and its workers written down.</summary>
public sealed class NetworkTests
{
    [SkippableFact]
    public void From_import_to_answer_nothing_is_connected_bound_or_sent_but_on_sockets_of_this_machine()
    {
        Skip.IfNot(File.Exists("/usr/bin/strace") && File.Exists("/usr/bin/unshare"), "needs strace and unshare");
        using var host = new Running();
        var trace = Path.Combine(host.Root, "trace");
        host.Start($"/usr/bin/unshare -n /usr/bin/strace -f --seccomp-bpf -qq -Y -o {trace} -e trace=socket,connect,bind,sendto");
        try
        {
            Running.WaitFor(() => host.Command("status").Code == 0, "a traced service, which is slow to begin");
            host.ImportSamples();
            host.Command("train", host.Recipe("full", 2, "learning_rate: 0.0003\n"), "--dataset", "letters", "--promote").Code.Should().Be(0);
            host.CommandWith("Grazie di tutto!", "infer", "sentiment").Code.Should().Be(0);
        }
        finally
        {
            // strace keeps signals to itself, and would leave the service behind
            Running.Run("/usr/bin/pkill", ["-TERM", "-f", $"^{Path.Combine(Repository.Programs, "appliance-host")} --root {host.Root}"]);
        }
        host.WaitForExit();

        // bubblewrap brings up the loopback of the worker's own, empty namespace, before the worker's program begins.
        var calls = File.ReadAllLines(trace).Where(l => !l.Contains("<bwrap>", StringComparison.Ordinal)).ToArray();
        calls.Should().Contain(l => l.Contains("bind(") && l.Contains("AF_UNIX"), "or nothing was traced");
        // .NET asks once a process whether there is IPv4 and IPv6, with a socket that it closes again; a worker's filter refuses even that.
        var foreign = calls.Where(l => l.Contains("AF_", StringComparison.Ordinal) && !l.Contains("AF_UNIX", StringComparison.Ordinal)).ToArray();
        foreign.Where(l => !l.Contains("SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP)")).Should().BeEmpty();
        foreign.Where(l => l.Contains("appliance-worke") && !l.Contains("EPERM")).Should().BeEmpty();
        foreign.Count(l => !l.Contains("EPERM")).Should().BeLessThanOrEqualTo(2);
    }
}
