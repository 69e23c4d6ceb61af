namespace Appliance.Tests;

/// <summary>Workers and jobs that are killed, cancelled, hung: the work goes on, and the caller is told.</summary>
public sealed class WorkerFaultTests
{
    [Fact]
    public void A_service_killed_while_training_goes_on_from_its_checkpoint_and_ends_the_job()
    {
        using var host = new Running();
        host.Start();
        host.ImportSamples();
        var queued = host.Command("train", host.Recipe("full", 4, "seed: 5\n"), "--dataset", "letters", "--detach", "--json").Json;
        var id = queued["id"]!.ToString();
        var checkpoint = Path.Combine(host.Root, "var", "vault", "checkpoint-" + id);
        Running.WaitFor(() => File.Exists(checkpoint), "a checkpoint");

        host.Kill();
        var records = host.Verify().Output;
        host.Start();

        records.Should().Contain("integrity: ok");
        var ended = host.Command("job", "watch", id, "--json");
        ended.Json["state"]!.ToString().Should().Be("succeeded");
        var steps = host.Command("model", "show", ended.Json["model"]!.ToString(), "--json").Json["passport"]!["steps"]!.GetValue<int>();
        steps.Should().Be(4 * 7, "209 letters in batches of 32, four epochs, none of them twice");
        host.Command("audit", "search", "--action", "model.train", "--json").Output.Should().Contain("unknown-crash", "the torn intent is closed at the next start");
    }

    [Fact]
    public void A_job_can_be_cancelled_while_it_runs()
    {
        using var host = new Running();
        host.Start();
        host.ImportSamples();
        var id = host.Command("train", host.Recipe("full", 100), "--dataset", "letters", "--detach", "--json").Json["id"]!.ToString();
        Running.WaitFor(() => host.Command("job", "show", id, "--json").Json["progress"] is not null, "the first step");

        host.Command("job", "cancel", id).Code.Should().Be(0);

        host.Command("job", "watch", id, "--json").Json["state"]!.ToString().Should().Be("cancelled");
        host.Command("job", "cancel", id).Code.Should().Be(4);
    }

    [Fact]
    public void A_worker_that_hangs_is_ended_and_the_caller_is_told()
    {
        using var host = new Running();
        host.Start(null, "--Workers:AnswerWithin=00:00:05");
        host.ImportSamples();
        host.Command("train", host.Recipe("full", 2, "learning_rate: 0.0003\n"), "--dataset", "letters", "--promote").Code.Should().Be(0);
        host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0);
        Running.Run("/usr/bin/kill", ["-STOP", .. host.Workers().Select(w => $"{w}")]).Code.Should().Be(0, "the fault must fire");

        var hung = host.CommandWith("ciao", "infer", "sentiment");

        hung.Code.Should().Be(70);
        hung.Errors.Should().Contain("did not answer within 5 s");
        host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0, "a new worker answers");
        host.Command("audit", "search", "--action", "model.infer", "--json").Output.Should().Contain("worker_timeout");
    }

    [Fact]
    public void A_worker_outlives_the_thread_that_started_it()
    {
        // A pool's threads end when they are idle, and a sandbox ends with the thread that started it: here that takes 50 ms, not 20 s.
        using var host = new Running();
        host.Start("env DOTNET_ThreadPool_ThreadTimeoutMs=50");
        host.ImportSamples();
        host.Command("train", host.Recipe("full", 2, "learning_rate: 0.0003\n"), "--dataset", "letters", "--promote").Code.Should().Be(0);
        host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0);
        var before = host.Workers();

        Thread.Sleep(3000);

        before.Should().NotBeEmpty();
        host.Workers().Should().BeEquivalentTo(before, "nobody may have ended it");
        host.CommandWith("ciao", "infer", "sentiment").Code.Should().Be(0);
    }
}
