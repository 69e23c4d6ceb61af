using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Microsoft.Data.Sqlite;

namespace Appliance.Tests.Audit;

public sealed class AuditLogTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(k => (byte)k)];

    private static SqliteAuditLog Open(TempFolder folder) =>
        new(folder.Path, "appliance/test/audit", Key, "boot-1", TimeProvider.System, new AuditOptions { AcknowledgeSeconds = 60 });

    private static AuditEntry Entry(AuditPhase phase = AuditPhase.Event, long reference = 0) =>
        new("model.infer", phase, "uid:1", "model/m/v1", Code: "ok", Reference: reference);

    private static void Execute(TempFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File("audit.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [Fact]
    public async Task Records_are_numbered_without_gaps_and_survive_a_restart()
    {
        using var folder = new TempFolder();
        await using (var log = Open(folder))
        {
            (await log.AppendAsync(Entry())).Seq.Should().Be(1);
            var many = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => log.AppendAsync(Entry())));
            many.Select(r => r.Seq).Order().Should().Equal(Enumerable.Range(2, 200).Select(k => (long)k));
        }
        await using var again = Open(folder);
        (await again.AppendAsync(Entry())).Seq.Should().Be(202);
    }

    [Fact]
    public async Task The_log_refuses_changes_and_sees_them_at_the_next_start()
    {
        using var folder = new TempFolder();
        await using (var log = Open(folder))
        {
            await log.AppendAsync(Entry());
            await log.AppendAsync(Entry());
        }
        ((Action)(() => Execute(folder, "UPDATE rec SET body = x'00' WHERE seq = 1"))).Should().Throw<SqliteException>();
        ((Action)(() => Execute(folder, "DELETE FROM rec WHERE seq = 2"))).Should().Throw<SqliteException>();
        Execute(folder, "DROP TRIGGER rec_no_update; UPDATE rec SET body = CAST(replace(CAST(body AS TEXT), 'ok', 'ko') AS BLOB) WHERE seq = 1");

        ((Action)(() => Open(folder))).Should().Throw<InvalidDataException>().WithMessage("*broken at record 1*");
    }

    [Fact]
    public async Task A_cut_tail_is_seen_when_a_checkpoint_speaks_of_more()
    {
        using var folder = new TempFolder();
        await using (var log = Open(folder))
        {
            for (var k = 0; k < 5; k++)
            {
                await log.AppendAsync(Entry());
            }
            await log.CheckpointAsync();
        }
        Execute(folder, "DROP TRIGGER rec_no_delete; DELETE FROM rec WHERE seq > 3");

        ((Action)(() => Open(folder))).Should().Throw<InvalidDataException>().WithMessage("*tail was cut*");
    }

    [Fact]
    public async Task Intents_without_an_outcome_are_found_after_a_crash()
    {
        using var folder = new TempFolder();
        long torn;
        await using (var log = Open(folder))
        {
            var closed = await log.AppendAsync(Entry(AuditPhase.Intent));
            await log.AppendAsync(Entry(AuditPhase.Outcome, closed.Seq));
            torn = (await log.AppendAsync(Entry(AuditPhase.Intent))).Seq;
        }

        await using var again = Open(folder);

        again.Orphans.Should().ContainSingle().Which.Should().Be(new OpenIntent(torn, "model.infer", "model/m/v1"));
    }

    [Fact]
    public void Free_text_cannot_become_a_word_of_the_log()
    {
        foreach (var text in new[] { "Mario Rossi", "mario@example.it ", "A", "x y", new string('a', 129), "à" })
        {
            ((Action)(() => _ = new AuditWord(text))).Should().Throw<ArgumentException>().Which.Message.Should().NotContain(text);
        }
    }

    [Fact]
    public async Task An_entry_that_cannot_be_written_is_its_callers_mistake_and_nobody_elses()
    {
        using var folder = new TempFolder();
        await using var log = Open(folder);
        await ((Func<Task>)(() => log.AppendAsync(Entry() with { Action = "data.invented" }))).Should().ThrowAsync<ArgumentException>();
        await ((Func<Task>)(() => log.AppendAsync(Entry() with { Counts = new Dictionary<string, long> { ["Mario Rossi"] = 1 } }))).Should().ThrowAsync<ArgumentException>();
        (await log.AppendAsync(Entry())).Seq.Should().Be(1);
    }

    [Fact]
    public async Task Bodies_are_canonical_json_with_sorted_keys()
    {
        using var folder = new TempFolder();
        await using var log = Open(folder);
        await log.AppendAsync(Entry() with { Counts = new Dictionary<string, long> { ["b"] = 2, ["a"] = 1 } });

        using var reader = log.Reader();
        var body = System.Text.Encoding.UTF8.GetString(reader.Find(1)!.Value.Body!);

        var keys = System.Text.Json.JsonDocument.Parse(body).RootElement.EnumerateObject().Select(p => p.Name).ToArray();
        keys.Should().Equal(keys.Order(StringComparer.Ordinal));
        body.Should().Contain("\"counts\":{\"a\":1,\"b\":2}").And.NotContain(" ");
    }
}
