using System.Security.Cryptography;
using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>The key of the epoch: how it ends, and what a crash leaves.</summary>
public sealed class EpochTests
{
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
}
