using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Appliance.Tests;

/// <summary>Two processes on this machine that learn one model together.</summary>
public sealed class DistributedTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly string Base = Repository.File("tests", "Golden", "e2e", "bert-sentiment");
    private readonly TempFolder _folder = new();
    private readonly string _place;

    public DistributedTests()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        _place = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        Directory.CreateDirectory(_folder.File("data"));
        File.WriteAllLines(Path.Combine(_folder.File("data"), "rows.tsv"), ["text\tlabel", .. Enumerable.Range(0, 200).Select(k =>
            $"the {(k % 3 == 0 ? "small" : "text")} model is {(k % 2 == 0 ? "good" : "bad")}\t{k % 2}")]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_processes_have_the_losses_of_one_with_the_double_batch()
    {
        var one = Losses(Start("one", 16, 1));
        var (first, second) = (Start("two", 8, 1, "--nodes", _place, "--rank", "0", "--world", "2"), Start("two", 8, 1, "--nodes", _place, "--rank", "1", "--world", "2"));

        var (a, b) = (Losses(first), Losses(second));

        a.Should().HaveCount(one.Length).And.Equal(b);
        a.Zip(one, (x, y) => Math.Abs(x - y)).Max().Should().BeLessThan(1e-5);
    }

    [Fact]
    public void A_lost_process_stops_the_others_with_a_sentence_and_the_run_goes_on_from_its_checkpoint()
    {
        string[] At(int rank) => ["--nodes", _place, "--rank", $"{rank}", "--world", "2", "--checkpoints", _folder.File($"kept{rank}")];
        var (first, second) = (Start("lost", 8, 40, At(0)), Start("lost", 8, 40, At(1)));
        Running.WaitFor(() => Directory.Exists(_folder.File("kept0")) && Directory.Exists(_folder.File("kept1")) && Directory.GetFiles(_folder.File("kept1")).Length > 1, "checkpoints of both");
        second.Kill();

        first.WaitForExit((int)Limit.TotalMilliseconds).Should().BeTrue();
        first.ExitCode.Should().Be(2);
        first.StandardError.ReadToEnd().Should().Contain("Another process was lost").And.Contain("Start all of them again");

        // The first may have kept a step that the second had not: they agree on the last that both have.
        var (again, other) = (Start("lost", 8, 40, At(0)), Start("lost", 8, 40, At(1)));
        var went = Losses(again);
        Losses(other).Should().Equal(went);
        went.Length.Should().BeLessThan(40 * 9, "it did not begin anew").And.BePositive();
    }

    private Process Start(string name, int batch, int epochs, params string[] more)
    {
        var recipe = _folder.File(name + ".yaml");
        if (!File.Exists(recipe))
        {
            File.WriteAllText(recipe, $"base_model: {Base}\ntask: t\nmethod: full\ndropout: 0\nlogging_steps: 1\nsave_steps: 3\nearly_stopping_patience: 0\nnum_train_epochs: {epochs}\nper_device_train_batch_size: {batch}\nlearning_rate: 0.001\n");
        }
        var start = new ProcessStartInfo(Path.Combine(Repository.Programs, "appliance")) { RedirectStandardError = true };
        string[] arguments = ["train", recipe, "--data", _folder.File("data"), "--json", "--threads", "1", .. more];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Process.Start(start)!;
    }

    // step 7 loss 0.69 rate 0.001
    private static double[] Losses(Process process)
    {
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit((int)Limit.TotalMilliseconds).Should().BeTrue();
        process.ExitCode.Should().Be(0, said);
        return [.. said.Split('\n').Where(l => l.StartsWith("step ")).Select(l => double.Parse(l.Split(' ')[3], CultureInfo.InvariantCulture))];
    }
}
