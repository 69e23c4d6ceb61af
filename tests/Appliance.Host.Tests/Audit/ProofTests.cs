using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Proofs and witnesses: what somebody outside can be shown.</summary>
public sealed class ProofTests
{
    [Fact]
    public async Task Proofs_hold_for_every_record_at_every_size_over_segments_and_stored_nodes()
    {
        using var folder = new TempFolder();
        await using var log = SampleLog.Open(folder.Path, SampleLog.Patient with { SegmentRecords = 300 });
        var sizes = new List<(long Size, byte[] Root)>();
        for (var k = 0; k < 12; k++)
        {
            await Task.WhenAll(Enumerable.Range(0, 61).Select(_ => log.AppendAsync(SampleLog.Entry())));
            await log.SealAsync();
            using var taken = log.Reader();
            sizes.Add((taken.Size, new Proofs(taken).Root(taken.Size)));
        }
        using var reader = log.Reader();
        var proofs = new Proofs(reader);
        foreach (var (size, root) in sizes)
        {
            for (var index = 0L; index < size; index += 7)
            {
                var leaf = new byte[32];
                Hash.Leaf(reader.Find(index + 1)!.Value.Body!, leaf);
                var path = proofs.Inclusion(index, size);
                TreeProof.Root(index, size, leaf, path).Should().Equal(root);
                path.Should().HaveCountLessThanOrEqualTo((int)Math.Ceiling(Math.Log2(size)));
                leaf[0] ^= 1;
                TreeProof.Root(index, size, leaf, path).Should().NotEqual(root);
            }
        }
        for (var a = 0; a < sizes.Count; a++)
        {
            for (var b = a; b < sizes.Count; b++)
            {
                var path = proofs.Consistency(sizes[a].Size, sizes[b].Size);
                TreeProof.Extends(sizes[a].Size, sizes[a].Root, sizes[b].Size, sizes[b].Root, path).Should().BeTrue();
                TreeProof.Extends(sizes[a].Size, RandomNumberGenerator.GetBytes(32), sizes[b].Size, sizes[b].Root, path).Should().BeFalse();
            }
        }
    }

    [Fact]
    public async Task A_witness_signs_a_log_that_goes_on_and_refuses_one_that_was_rewritten()
    {
        using var folder = new TempFolder();
        await using (var log = SampleLog.Open(folder.File("log")))
        {
            await SampleLog.AppendAsync(log, 20);
            await SampleLog.WitnessAsync(log, folder.Path);
            await SampleLog.AppendAsync(log, 20);
            await SampleLog.WitnessAsync(log, folder.Path);
            log.WitnessedSize.Should().Be(40);
        }
        var state = new Witness(folder.File("witness"));
        await using var other = SampleLog.Open(folder.File("other"));
        await SampleLog.AppendAsync(other, 50);
        var note = Encoding.UTF8.GetString(await other.CheckpointAsync());
        using var reader = other.Reader();
        File.WriteAllText(folder.File("request"), $"old 40\n{string.Concat(new Proofs(reader).Consistency(40, 50).Select(h => Convert.ToBase64String(h) + "\n"))}\n{note}");

        var (output, errors) = (new StringWriter(), new StringWriter());
        state.Sign(folder.File("request"), [NoteKey.Parse(other.PublicKeys)], output, errors, DateTimeOffset.UnixEpoch).Should().Be(4);
        errors.ToString().Should().Contain("THE LOG WAS REWRITTEN");
        output.ToString().Should().BeEmpty();
        File.WriteAllText(folder.File("request"), File.ReadAllText(folder.File("request")).Replace("old 40", "old 39"));
        state.Sign(folder.File("request"), [NoteKey.Parse(other.PublicKeys)], output, errors, DateTimeOffset.UnixEpoch).Should().Be(4);
        errors.ToString().Should().Contain("--since 40");
    }
}
