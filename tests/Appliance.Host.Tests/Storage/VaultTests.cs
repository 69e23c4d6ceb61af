using System.Security.Cryptography;
using Appliance.Domain.Jobs;
using Appliance.Domain.Models;
using Appliance.Storage;
using Appliance.Storage.Crypto;
using Appliance.Storage.Vault;

namespace Appliance.Tests.Storage;

public sealed class VaultTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StateStore _store;

    public VaultTests() => _store = new StateStore(_folder.Path, Keys.Open(_folder.File("keys/master.key"), mayCreate: true));

    private static ModelVersion Draft(string name = "m") =>
        new(name, 0, "t", ModelState.Candidate, [], [], null, DateTimeOffset.UnixEpoch);

    private static Dictionary<string, ReadOnlyMemory<byte>> Files(int bytes) => new() { ["w"] = RandomNumberGenerator.GetBytes(bytes) };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(3_000_000)]
    public async Task A_model_comes_out_of_the_vault_as_it_went_in(int bytes)
    {
        var models = new ModelStore(_store);
        var files = Files(bytes);

        var added = await models.AddAsync(Draft(), files, default);

        models.ReadFiles(added)["w"].ToArray().Should().Equal(files["w"].ToArray());
        new FileInfo(Path.Combine(_folder.Path, "vault", added.Files[0].Blob)).Length.Should().Be(SealedFile.Size(bytes), "room is made for so much");
    }

    [Fact]
    public async Task Every_flipped_byte_and_every_cut_is_noticed()
    {
        var models = new ModelStore(_store);
        var added = await models.AddAsync(Draft(), Files(5000), default);
        var path = Path.Combine(_folder.Path, "vault", added.Files[0].Blob);
        var whole = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < whole.Length; at += 37)
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(path, changed);
            ((Action)(() => models.ReadFiles(added))).Should().Throw<InvalidDataException>();
            await File.WriteAllBytesAsync(path, whole[..at]);
            ((Action)(() => models.ReadFiles(added))).Should().Throw<InvalidDataException>();
        }
    }

    [Fact]
    public async Task Promotion_and_rollback_move_the_alias_and_the_states_together()
    {
        var models = new ModelStore(_store);
        var one = await models.AddAsync(Draft(), Files(10), default);
        var two = await models.AddAsync(Draft(), Files(10), default);

        models.Serve("t", one);
        models.Serve("t", two);

        models.Serving("t")!.Id.Should().Be("m/v2");
        models.Previous("t")!.Id.Should().Be("m/v1");
        models.Find("m/v1")!.State.Should().Be(ModelState.Retired);
        models.Find("m")!.State.Should().Be(ModelState.Live);
    }

    [Fact]
    public void A_checkpoint_replaces_the_one_before_and_leaves_no_half_file()
    {
        var jobs = new JobStore(_store);

        jobs.SaveCheckpoint("j", new byte[] { 1 });
        jobs.SaveCheckpoint("j", new byte[] { 2 });

        jobs.ReadCheckpoint("j")!.Value.ToArray().Should().Equal(2);
        jobs.ReadCheckpoint("other").Should().BeNull();
        Directory.GetFiles(Path.Combine(_folder.Path, "vault"), "*.new").Should().BeEmpty();
    }

    [Fact]
    public void A_damaged_or_missing_checkpoint_gives_way_to_the_one_before()
    {
        var jobs = new JobStore(_store);
        jobs.SaveCheckpoint("j", new byte[] { 1 });
        jobs.SaveCheckpoint("j", new byte[] { 2 });
        var newest = Path.Combine(_folder.Path, "vault", "checkpoint-j");
        var bytes = File.ReadAllBytes(newest);
        bytes[^1] ^= 1;
        File.WriteAllBytes(newest, bytes);

        jobs.ReadCheckpoint("j")!.Value.ToArray().Should().Equal(1);
        File.Delete(newest);
        jobs.ReadCheckpoint("j")!.Value.ToArray().Should().Equal(1);
        jobs.DeleteCheckpoint("j");
        jobs.ReadCheckpoint("j").Should().BeNull();
    }

    [Fact]
    public void A_key_file_that_others_can_read_is_refused()
    {
        var path = _folder.File("loose.key");
        File.WriteAllBytes(path, new byte[32]);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        ((Action)(() => Keys.Open(path, mayCreate: false))).Should().Throw<InvalidDataException>().WithMessage("*chmod 600*");
    }

    [Fact]
    public void A_lost_key_is_an_error_not_a_new_key() =>
        ((Action)(() => Keys.Open(_folder.File("gone.key"), mayCreate: false))).Should().Throw<InvalidDataException>().WithMessage("*Restore*");

    [Fact]
    public void Jobs_survive_a_restart_of_the_store()
    {
        new JobStore(_store).Add(new Job("j", JobState.Queued, "r", "t", "d", "p", "c", true, null, null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
        _store.Dispose();

        using var again = new StateStore(_folder.Path, Keys.Open(_folder.File("keys/master.key"), mayCreate: false));

        new JobStore(again).Find("j")!.Promote.Should().BeTrue();
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}
