using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Logs of every version of the format, written once by the program of that day and never again.</summary>
public sealed class FrozenLogTests
{
    [Theory]
    [InlineData("v1", "records: 41, open intents: 1, clock steps: 0 declared, 0 backward, pruned: none, epochs: 1, segments: 1")]
    [InlineData("v2", "records: 363, open intents: 0, clock steps: 0 declared, 0 backward, pruned: none, epochs: 2, segments: 3")]
    public async Task A_log_of_any_version_verifies_word_for_word(string version, string says)
    {
        var frozen = Repository.File("tests", "Golden", "audit", version);
        if (!Directory.Exists(frozen) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            await FreezeAsync(frozen); // a version is frozen on the day it is made
        }
        using var copy = new TempFolder(); // SQLite writes beside what it reads
        SampleLog.Copy(Path.Combine(frozen, "log"), copy.File("log"));

        var (said, code) = SampleLog.Verify(copy.File("log"), frozen, witness: File.Exists(Path.Combine(frozen, "witness.pub")));

        said.Should().Contain("integrity: ok").And.Contain("completeness: ok").And.Contain(says);
        code.Should().Be(0);
    }

    [Fact]
    public async Task A_log_of_version_1_goes_on_under_its_own_key_and_still_verifies()
    {
        var frozen = Repository.File("tests", "Golden", "audit", "v1");
        using var folder = new TempFolder();
        SampleLog.Copy(Path.Combine(frozen, "log"), folder.File("log"));
        await using (var log = SampleLog.Open(folder.File("log")))
        {
            log.Orphans.Should().ContainSingle().Which.Action.Should().Be("data.import");
            (await log.AppendAsync(SampleLog.Entry())).Seq.Should().Be(42);
            await log.RotateAsync();
            await SampleLog.AppendAsync(log, 300);
            await log.SealAsync();
            File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
            using var reader = log.Reader();
            var (leaf, proofs) = (new byte[32], new Appliance.Storage.Audit.Proofs(reader));
            Hash.Leaf(reader.Find(10)!.Value.Body!, leaf);
            TreeProof.Root(9, reader.Size, leaf, proofs.Inclusion(9, reader.Size)).Should().Equal(proofs.Root(reader.Size), "no nodes were stored for the old records");
        }
        File.Copy(Path.Combine(frozen, "audit.pub"), folder.File("audit.pub"));
        SampleLog.Verify(folder.File("log"), folder.Path).Said.Should().Contain("integrity: ok").And.Contain("completeness: ok").And.Contain("epochs: 2, segments: 2");
        File.Copy(Path.Combine(frozen, "kept.note"), folder.File("kept.note"), overwrite: true);
        SampleLog.Verify(folder.File("log"), folder.Path).Said.Should().Contain("integrity: ok").And.Contain("unwitnessed since 42", "the checkpoint of the old days counts as far as it reaches");
    }

    private static async Task FreezeAsync(string folder)
    {
        using var made = new TempFolder();
        await SampleLog.MakeAsync(made.Path);
        SampleLog.Copy(made.File("log"), Path.Combine(folder, "log"));
        foreach (var file in new[] { "audit.pub", "kept.note", "witness.pub" })
        {
            File.Copy(made.File(file), Path.Combine(folder, file));
        }
    }
}
