using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>Clock and disk under the log.</summary>
public sealed class SurroundingsTests
{
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
            // The writer closes the log first and makes room afterwards: on a busy machine this test runs in between.
            SpinWait.SpinUntil(() => !File.Exists(folder.File("ballast")), TimeSpan.FromSeconds(10)).Should().BeTrue("it makes room for the last record");
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
}
