using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Segments, epochs, proofs, the index: what the writer does while time goes by.</summary>
public sealed class SegmentTests
{
    [Fact]
    public async Task Segments_are_sealed_at_their_size_and_at_their_age_and_the_log_goes_on_in_the_next()
    {
        using var folder = new TempFolder();
        var clock = new FakeClock();
        await using (var log = SampleLog.Open(folder.Path, SampleLog.Patient with { SegmentRecords = 10, SegmentHours = 24 }, clock))
        {
            for (var k = 0; k < 25; k++)
            {
                clock.Pass(TimeSpan.FromSeconds(1)); // the writer looks around between two groups
                await log.AppendAsync(SampleLog.Entry());
            }
            Sealed(folder).Should().Be(2);
            clock.Pass(TimeSpan.FromHours(25));
            await log.AppendAsync(SampleLog.Entry());
            Sealed(folder).Should().Be(3);
            File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
        }
        File.GetUnixFileMode(folder.File("audit-000001.db")).Should().Be(UnixFileMode.UserRead);
        File.Exists(folder.File("audit-000001.db-wal")).Should().BeFalse("a sealed segment is one plain file");
        SampleLog.Verify(folder.Path, folder.Path).Code.Should().Be(0);
    }

    [Fact]
    public async Task An_intent_that_was_open_when_its_segment_was_sealed_is_still_found_after_a_crash()
    {
        using var folder = new TempFolder();
        long torn;
        await using (var log = SampleLog.Open(folder.Path))
        {
            torn = (await log.AppendAsync(SampleLog.Entry(AuditPhase.Intent))).Seq;
            await log.SealAsync();
            await log.SealAsync();
            await log.AppendAsync(SampleLog.Entry());
            await log.SealAsync();
        }
        await using var again = SampleLog.Open(folder.Path);
        again.Orphans.Should().ContainSingle().Which.Seq.Should().Be(torn);
    }

    [Fact]
    public async Task A_crash_between_the_sealing_and_the_next_segment_loses_nothing()
    {
        using var folder = new TempFolder();
        await using (var log = SampleLog.Open(folder.Path))
        {
            await SampleLog.AppendAsync(log, 10);
            await log.SealAsync();
        }
        Array.ForEach(Directory.GetFiles(folder.Path, "audit.db*"), File.Delete); // as if the machine had stopped there

        await using var again = SampleLog.Open(folder.Path);

        (await again.AppendAsync(SampleLog.Entry())).Seq.Should().Be(12, "ten records and the one of the sealing came before");
        File.WriteAllText(folder.File("audit.pub"), again.PublicKeys);
        File.WriteAllBytes(folder.File("kept.note"), await again.CheckpointAsync());
        SampleLog.Verify(folder.Path, folder.Path).Code.Should().Be(0);
    }

    [Fact]
    public async Task An_epoch_ends_after_its_days_and_its_key_is_gone()
    {
        using var folder = new TempFolder();
        var clock = new FakeClock();
        await using var log = SampleLog.Open(folder.Path, SampleLog.Patient with { EpochDays = 30 }, clock);
        await log.AppendAsync(SampleLog.Entry());
        var old = File.ReadAllBytes(folder.File("epoch.key"));

        clock.Pass(TimeSpan.FromDays(31));
        await log.AppendAsync(SampleLog.Entry());
        await log.AppendAsync(SampleLog.Entry());

        log.PublicKeys.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(2).And.OnlyHaveUniqueItems();
        File.ReadAllBytes(folder.File("epoch.key")).Should().NotEqual(old);
        Directory.GetFiles(folder.Path, "epoch*").Should().ContainSingle();
        using var reader = log.Reader();
        reader.Read(1, 100).Select(r => AuditFact.Read(r.Body!).Action).Should().Contain(AuditActions.Epoch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_crash_while_a_key_is_replaced_ends_with_exactly_one_key_that_fits(bool recorded)
    {
        using var folder = new TempFolder();
        byte[] before;
        await using (var log = SampleLog.Open(folder.Path))
        {
            await SampleLog.AppendAsync(log, 4);
            before = File.ReadAllBytes(folder.File("epoch.key"));
            await log.RotateAsync();
        }
        if (recorded)
        {
            // As if the log spoke of the new epoch already and the old key still lay in its place.
            File.Move(folder.File("epoch.key"), folder.File("epoch.key.new"));
            File.WriteAllBytes(folder.File("epoch.key"), before);
        }
        else
        {
            File.WriteAllBytes(folder.File("epoch.key.new"), before); // a next key that the log never came to speak of
        }

        await using var again = SampleLog.Open(folder.Path);
        await again.AppendAsync(SampleLog.Entry());

        File.Exists(folder.File("epoch.key.new")).Should().BeFalse();
        File.WriteAllText(folder.File("audit.pub"), again.PublicKeys);
        File.WriteAllBytes(folder.File("kept.note"), await again.CheckpointAsync());
        SampleLog.Verify(folder.Path, folder.Path).Said.Should().Contain("integrity: ok").And.Contain("completeness: ok");
    }

    [Fact]
    public async Task A_missing_key_of_the_epoch_stops_the_start_in_words()
    {
        using var folder = new TempFolder();
        await using (var log = SampleLog.Open(folder.Path))
        {
            await log.AppendAsync(SampleLog.Entry());
        }
        File.Delete(folder.File("epoch.key"));
        ((Action)(() => SampleLog.Open(folder.Path))).Should().Throw<InvalidDataException>().WithMessage("*epoch.key is missing. Restore it*");
    }

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

    [Fact]
    public async Task The_index_finds_by_every_field_and_is_made_again_when_it_is_damaged()
    {
        using var folder = new TempFolder();
        await using var log = SampleLog.Open(folder.Path);
        await SampleLog.AppendAsync(log, 10);
        await log.AppendAsync(new AuditEntry(AuditActions.Import, AuditPhase.Event, "uid:7", "dataset/letters/v1", "research", "deny", "r9", Code: "policy") { Subjects = ["s:abc"] });
        await log.SealAsync();
        await log.AppendAsync(SampleLog.Entry());
        using var index = new AuditIndex(folder.Path);
        using var reader = log.Reader();
        AuditQuery[] queries =
        [
            new(Action: "data.import"), new(Action: "data"), new(Actor: "uid:7"), new(Object: "dataset"), new(Object: "dataset/letters"), new(Decision: "deny"),
            new(Rule: "R9"), new(Subject: "s:abc"), new(Purpose: "research"), new(Code: "policy"),
        ];
        foreach (var query in queries)
        {
            index.Search(reader, query).Should().Equal([11], query.ToString());
        }
        index.Search(reader, new AuditQuery(Object: "dataset/lett")).Should().BeEmpty("a part of a name is no name");
        index.Search(reader, new AuditQuery(Action: "model", Limit: 3)).Should().Equal(9, 10, 13);
        index.Dispose();
        File.WriteAllText(folder.File("index.db"), "this is no database at all, and long enough to be looked at");
        index.Search(reader, new AuditQuery(Actor: "uid:7")).Should().Equal(11);
    }

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

    [Theory]
    [InlineData(-86_400, "backward")]
    [InlineData(315_360_000, "forward")]
    [InlineData(3_600, "forward")]
    public async Task A_step_of_the_clock_is_a_record_before_anything_else(int seconds, string direction)
    {
        using var folder = new TempFolder();
        var clock = new FakeClock();
        await using (var log = SampleLog.Open(folder.Path, SampleLog.Patient with { SegmentHours = 1e9, EpochDays = 1e9 }, clock))
        {
            await log.AppendAsync(SampleLog.Entry());
            clock.Pass(TimeSpan.FromMinutes(5));
            (await log.AppendAsync(SampleLog.Entry())).Seq.Should().Be(2, "time that passes is no step");
            clock.Step(TimeSpan.FromSeconds(seconds));
            (await log.AppendAsync(SampleLog.Entry())).Seq.Should().Be(4);
            (await log.AppendAsync(SampleLog.Entry())).Seq.Should().Be(5);
            using var reader = log.Reader();
            var step = AuditFact.Read(reader.Find(3)!.Value.Body!);
            (step.Action, step.Code, step.Counts["step_ms"]).Should().Be((AuditActions.ClockStep, direction, seconds * 1000L));
            File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
            File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
        }
        SampleLog.Verify(folder.Path, folder.Path).Said.Should().Contain($"clock steps: 1 declared, {(seconds < 0 ? 1 : 0)} backward");
    }

    [Fact]
    public async Task A_disk_that_runs_full_blocks_the_log_before_the_last_byte_and_frees_it_again()
    {
        using var folder = new TempFolder();
        var free = 1L << 40;
        await using var log = new SqliteAuditLog(
            folder.Path, SampleLog.Origin, SampleLog.Key, "boot", TimeProvider.System, SampleLog.Patient, freeBytes: () => (Interlocked.Read(ref free), 1L << 40));
        await log.AppendAsync(SampleLog.Entry());
        log.Disk.Should().Be(DiskLevel.Enough);
        Interlocked.Exchange(ref free, 200L << 20);
        log.Disk.Should().Be(DiskLevel.Low);
        // The best of five: the goal is the log's, and other tests keep both cores busy.
        var (blocked, freed) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var round = 0; round < 5; round++)
        {
            blocked = Min(blocked, Until(() => log.Blocked, () => Interlocked.Exchange(ref free, 1000)));
            await ((Func<Task>)(() => log.AppendAsync(SampleLog.Entry()))).Should().ThrowAsync<AuditUnavailableException>();
            File.Exists(folder.File("ballast")).Should().BeFalse("it made room for the last record");
            freed = Min(freed, Until(() => !log.Blocked, () => Interlocked.Exchange(ref free, 1L << 40)));
        }
        blocked.Should().BeLessThan(TimeSpan.FromMilliseconds(100));
        freed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        await log.AppendAsync(SampleLog.Entry());
        using var reader = log.Reader();
        reader.Read(1, 10).Select(r => AuditFact.Read(r.Body!).Action).Take(4).Should().Equal(AuditActions.Infer, AuditActions.Blocked, AuditActions.Unblocked, AuditActions.Blocked);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    // Without the pool's timers, which wait their turn on a busy machine.
    private static TimeSpan Until(Func<bool> met, Action begin)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        begin();
        SpinWait.SpinUntil(met, TimeSpan.FromSeconds(10)).Should().BeTrue();
        return since.Elapsed;
    }

    [Fact]
    public async Task Sealed_segments_go_to_the_second_device_and_a_missing_copy_is_made_up_for()
    {
        using var folder = new TempFolder();
        var second = Directory.CreateDirectory(folder.File("second")).FullName;
        await using var log = SampleLog.Open(folder.File("log"));
        for (var k = 0; k < 2; k++)
        {
            await SampleLog.AppendAsync(log, 10);
            await log.SealAsync();
        }

        SecondDevice.CopyMissing(log.Folder, second).Should().Equal((1, "same-device"), (2, "same-device"));
        SecondDevice.CopyMissing(log.Folder, second).Should().BeEmpty();
        File.Delete(Path.Combine(second, "audit-000001.db"));
        SecondDevice.CopyMissing(log.Folder, second).Should().Equal((1, "same-device"));
        File.ReadAllBytes(Path.Combine(second, "audit-000002.db")).Should().Equal(File.ReadAllBytes(Path.Combine(log.Folder, "audit-000002.db")));
        if (Directory.Exists("/dev/shm"))
        {
            var other = Directory.CreateDirectory($"/dev/shm/appliance-{Guid.NewGuid():N}").FullName;
            SecondDevice.CopyMissing(log.Folder, other).Select(c => c.Code).Should().AllBe("ok", "another file system is another device");
            Directory.Delete(other, recursive: true);
        }
        SecondDevice.CopyMissing(log.Folder, folder.File("nosuch")).Select(c => c.Code).Should().AllBe("failed");
    }

    [Fact]
    public async Task Restarts_raise_no_alarm()
    {
        // Ten thousand with bench/audit-faults 10.
        using var folder = new TempFolder(inMemory: true);
        for (var k = 0; k < 1000 * int.Parse(Environment.GetEnvironmentVariable("APPLIANCE_DEEP") ?? "1"); k++)
        {
            await using (var log = SampleLog.Open(folder.Path, SampleLog.Patient with { SegmentRecords = 150 }))
            {
                log.Orphans.Should().BeEmpty();
                await SampleLog.AppendAsync(log, 2);
                File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
                File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
            }
            if (k % 100 == 99)
            {
                // A segment that was sealed after the checkpoint has one record more than it covers.
                SampleLog.Verify(folder.Path, folder.Path).Said.Should().Contain("integrity: ok").And.NotContain("truncated").And.NotContain("missing");
            }
        }
    }

    private static int Sealed(TempFolder folder) => Directory.GetFiles(folder.Path, "audit-??????.db").Length;

    /// <summary>A wall clock that can be set, and one beside it that cannot.</summary>
    private sealed class FakeClock : TimeProvider
    {
        private DateTimeOffset _wall = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        private long _ticks = 1000;

        public override long TimestampFrequency => 1000;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _ticks;

        internal void Pass(TimeSpan time)
        {
            Step(time);
            _ticks += (long)time.TotalMilliseconds;
        }

        internal void Step(TimeSpan time) => _wall += time;
    }
}
