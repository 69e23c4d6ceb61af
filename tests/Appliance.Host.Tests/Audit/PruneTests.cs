using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Old bodies go, hashes stay.</summary>
public sealed class PruneTests
{
    [Fact]
    public async Task A_third_of_the_bodies_is_pruned_and_the_whole_log_still_verifies()
    {
        using var folder = new TempFolder();
        await using (var log = SampleLog.Open(folder.Path))
        {
            await SampleLog.AppendAsync(log, 60);
            await log.SealAsync();
            await SampleLog.AppendAsync(log, 60);
            var range = new Dictionary<string, long> { ["first"] = 1, ["last"] = 40 };
            var asked = await log.AppendAsync(new AuditEntry(AuditActions.Prune, AuditPhase.Intent, "uid:1", "audit/log", Counts: range));
            var approved = await log.AppendAsync(new AuditEntry(
                AuditActions.Prune, AuditPhase.Outcome, "uid:2", "audit/log", Decision: "allow", Code: "ok", Reference: asked.Seq, Counts: range));
            (await log.PruneAsync(1, 40, approved.Seq)).Should().Be(1);
            File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
            using var reader = log.Reader();
            reader.Find(40)!.Value.Body.Should().BeNull();
            var path = new Proofs(reader).Inclusion(69, reader.Size); // proofs beside pruned records still lead to the root
            var leaf = new byte[32];
            Hash.Leaf(reader.Find(70)!.Value.Body!, leaf);
            TreeProof.Root(69, reader.Size, leaf, path).Should().Equal(new Proofs(reader).Root(reader.Size));
        }
        Encoding.UTF8.GetString(File.ReadAllBytes(folder.File("audit-000001.db"))).Split("model/m/v1").Should().HaveCountLessThan(60, "a pruned body is not on the disk any more");

        var (said, code) = SampleLog.Verify(folder.Path, folder.Path);

        said.Should().Contain("integrity: ok").And.Contain("pruned: 1..40");
        code.Should().Be(0);
        await using var again = SampleLog.Open(folder.Path);
        (await again.AppendAsync(SampleLog.Entry())).Seq.Should().BeGreaterThan(120);
    }

    [Fact]
    public async Task A_pruning_that_one_person_approved_alone_is_a_fault()
    {
        using var folder = new TempFolder();
        await using (var log = SampleLog.Open(folder.Path))
        {
            await SampleLog.AppendAsync(log, 20);
            var range = new Dictionary<string, long> { ["first"] = 1, ["last"] = 10 };
            var asked = await log.AppendAsync(new AuditEntry(AuditActions.Prune, AuditPhase.Intent, "uid:1", "audit/log", Counts: range));
            var approved = await log.AppendAsync(new AuditEntry(
                AuditActions.Prune, AuditPhase.Outcome, "uid:1", "audit/log", Decision: "allow", Code: "ok", Reference: asked.Seq, Counts: range));
            await log.PruneAsync(1, 10, approved.Seq);
            File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
        }
        SampleLog.Verify(folder.Path, folder.Path).Said.Should().Contain("integrity: broken at 1 (its body was taken away and nobody approved it)");
    }
}
