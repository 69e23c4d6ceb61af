using System.Diagnostics;
using System.Security.Cryptography;

namespace Appliance.Tests;

/// <summary>A run that is killed at any moment ends with the bits of a run that was not.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int RandomKills = 40, KillsInWriting = 10;
    private readonly TempFolder _folder = new();
    private readonly string[] _arguments;

    public ResumeTests()
    {
        var chance = new Random(11);
        string[] words = ["the", "model", "is", "a", "text", "library", "with", "small", "token"];
        Directory.CreateDirectory(_folder.File("data"));
        File.WriteAllLines(Path.Combine(_folder.File("data"), "rows.tsv"), ["text\tlabel", .. Enumerable.Range(0, 300).Select(k =>
            $"{string.Join(' ', Enumerable.Range(0, 9).Select(_ => words[chance.Next(words.Length)]))} {(k % 2 == 0 ? "good" : "bad")}\t{k % 2}")]);
        File.WriteAllText(_folder.File("recipe.yaml"), "method: lora\nlora: {r: 4, dropout: 0.1}\ngradient_accumulation_steps: 2\nper_device_train_batch_size: 8\nsave_steps: 1\neval_steps: 5\nnum_train_epochs: 12\nearly_stopping_patience: 0\nlearning_rate: 0.003\nseed: 5\n");
        _arguments =
        [
            "bench", "train", "--base", Repository.File("tests", "Golden", "e2e", "bert-sentiment"), "--data", _folder.File("data"),
            "--recipe", _folder.File("recipe.yaml"), "--threads", "2", "--checkpoints", _folder.File("kept"), "--save", _folder.File("model"),
        ];
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fifty_kills_some_in_the_middle_of_writing_a_checkpoint_change_no_bit_of_the_result()
    {
        var whole = Finished();
        var chance = new Random(12);
        var (killed, wentOn, unfinished) = (0, 0, 0);

        // 1. killed at random moments, taken up, killed again; a run that gets to its end is compared and begun anew
        for (var round = 0; killed < RandomKills && round < 4 * RandomKills; round++)
        {
            var before = NewestCheckpoint();
            using var process = Start(Path.Combine(Repository.Programs, "appliance"), _arguments);
            if (chance.Next(5) > 0) // four of five kills find a run that has got further, however slow the machine
            {
                WaitUntil(() => NewestCheckpoint() != before || process.HasExited);
            }
            if (process.WaitForExit(chance.Next(600)))
            {
                Hash().Should().Be(whole, "after {0} kills", killed);
                Directory.Delete(_folder.File("kept"), recursive: true);
                continue;
            }
            process.Kill();
            process.WaitForExit();
            killed++;
            wentOn += NewestCheckpoint() != before ? 1 : 0;
        }

        // 2. killed by the kernel when a checkpoint is written and not yet whole
        if (Directory.Exists(_folder.File("kept"))) // the last kill may have come before the first checkpoint
        {
            Directory.Delete(_folder.File("kept"), recursive: true);
        }
        for (var k = 0; k < KillsInWriting; k++)
        {
            var at = chance.Next(1, 4); // strace counts for each thread
            using var process = Start("/usr/bin/strace", ["-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", $"inject=fsync:signal=SIGKILL:when={at}", Path.Combine(Repository.Programs, "appliance"), .. _arguments]);
            process.WaitForExit(60_000).Should().BeTrue();
            killed += process.ExitCode != 0 ? 1 : 0;
            unfinished += Directory.GetFiles(_folder.File("kept"), "*.tmp").Length > 0 ? 1 : 0;
            foreach (var left in Directory.GetFiles(_folder.File("kept"), "*.tmp"))
            {
                File.Delete(left);
            }
        }

        Finished().Should().Be(whole);
        killed.Should().BeGreaterThanOrEqualTo(RandomKills + (KillsInWriting / 2));
        wentOn.Should().BeGreaterThan(RandomKills / 2, "most kills must find a run under way");
        unfinished.Should().BeGreaterThan(KillsInWriting / 2, "the fault must have struck in the middle of a write");
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before()
    {
        var whole = Finished();
        File.Delete(Path.Combine(_folder.File("model"), "model.safetensors"));
        var newest = Directory.GetFiles(_folder.File("kept")).Order(StringComparer.Ordinal).Last();
        using (var file = File.OpenWrite(newest))
        {
            file.Seek(-100, SeekOrigin.End);
            file.WriteByte(0x5a);
        }

        Finished().Should().Be(whole);
    }

    private string? NewestCheckpoint() => !Directory.Exists(_folder.File("kept")) ? null
        : Directory.GetFiles(_folder.File("kept"), "checkpoint-*.safetensors").Order(StringComparer.Ordinal).LastOrDefault();

    private static void WaitUntil(Func<bool> reached)
    {
        for (var waits = 0; !reached() && waits < 12_000; waits++) // a minute
        {
            Thread.Sleep(5);
        }
    }

    private string Finished()
    {
        var ended = Running.Run("appliance", _arguments);
        ended.Code.Should().Be(0, ended.Errors);
        return Hash();
    }

    private string Hash() => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder.File("model"), "model.safetensors"))));

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(arguments, start.ArgumentList.Add);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
