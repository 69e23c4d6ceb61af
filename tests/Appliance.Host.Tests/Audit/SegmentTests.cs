using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Segments, the index, the second device: what the writer does while time goes by.</summary>
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
}
