using System.Diagnostics;

namespace Appliance.Tests.Audit;

/// <summary>Kills at any moment: no record that was acknowledged is ever lost.</summary>
public sealed class AuditKillTests
{
    [Fact]
    public void Three_hundred_kills_while_writing_lose_no_acknowledged_record()
    {
        using var folder = new TempFolder(inMemory: true); // a kill asks nothing of the disk
        var chance = new Random(1);
        long acknowledged = 0;
        var slowest = TimeSpan.Zero;
        for (var round = 0; round < 300 * AuditFaults.Deep; round++)
        {
            using var writer = Process.Start(new ProcessStartInfo(AuditFaults.Writer) { ArgumentList = { folder.File("log"), "1000000", "400" }, RedirectStandardOutput = true })!;
            var first = writer.StandardOutput.ReadLine();
            first.Should().NotBeNull("the writer starts on what the kill left");
            long.Parse(first!).Should().BeGreaterThan(acknowledged, "the numbers go on: nothing that was acknowledged is gone");
            acknowledged = long.Parse(first!);
            Thread.Sleep(chance.Next(1, 60));
            writer.Kill();
            // What was printed before the kill was acknowledged; a torn last line was not read by anybody.
            foreach (var line in writer.StandardOutput.ReadToEnd().Split('\n').SkipLast(1))
            {
                acknowledged = long.Parse(line);
            }
            writer.WaitForExit();
        }
        var opened = Stopwatch.StartNew();
        using (var log = AuditFaults.Open(folder))
        {
            slowest = opened.Elapsed;
            log.Log.Size.Should().BeGreaterThanOrEqualTo(acknowledged);
            log.Keep(folder);
        }
        slowest.Should().BeLessThan(TimeSpan.FromSeconds(2));
        var (said, code) = SampleLog.Verify(folder.File("log"), folder.Path);
        code.Should().Be(0, said);
    }
}
