using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Tests.Audit;

/// <summary>Twenty-one ways to tamper with a log, each at a hundred places: all are found, and the first bad record is named.</summary>
public sealed class TamperTests(TamperTests.Given given) : IClassFixture<TamperTests.Given>
{
    private const int Places = 100;

    public sealed class Given : IAsyncLifetime
    {
        private readonly TempFolder _folder = new();

        internal string Folder => _folder.Path;

        internal long Size { get; private set; }

        public async Task InitializeAsync()
        {
            await SampleLog.MakeAsync(Folder);
            Size = new Forger(Path.Combine(Folder, "log")).Size;
        }

        public Task DisposeAsync()
        {
            _folder.Dispose();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void The_untouched_log_is_whole_with_a_checkpoint_or_a_witness_and_says_so()
    {
        var (said, code) = SampleLog.Verify(Log, given.Folder, witness: true);
        said.Should().Contain("integrity: ok").And.Contain("completeness: ok").And.Contain("epochs: 2, segments: 3").And.Contain($"proven from outside up to: {given.Size}");
        code.Should().Be(0);
        SampleLog.Verify(Log, given.Folder, witness: true, kept: false).Said.Should().Contain("integrity: ok").And.MatchRegex("completeness: unwitnessed since 2\\d\\d");
        SampleLog.Verify(Log, given.Folder, kept: false).Said.Should().Contain("completeness: unwitnessed since 1");
    }

    [Fact] public void An_edited_body() => Each((f, n) => f.Sql(f.Segment(n), "UPDATE rec SET body = $b WHERE seq = $n", ("$b", f.Edited(n)), ("$n", n)), Exactly);

    [Fact] public void A_body_and_its_leaf() => Each((f, n) => Rewrite(f, n, link: false), Within);

    [Fact] public void A_body_its_leaf_and_its_link() => Each((f, n) => Rewrite(f, n, link: true), Within);

    [Fact] public void A_body_and_everything_after_it() => Each((f, n) => f.RewriteFrom(n, f.Edited(n)), Within);

    [Fact]
    public void A_clock_that_was_set_back_in_a_body() => Each((f, n) => f.Sql(f.Segment(n),
        "UPDATE rec SET body = CAST(replace(CAST(body AS TEXT), '\"ts_ms\":1', '\"ts_ms\":') AS BLOB) WHERE seq = $n", ("$n", n)), Exactly);

    [Fact] public void A_body_that_nobody_agreed_to_prune() => Each((f, n) => f.Sql(f.Segment(n), "UPDATE rec SET body = NULL WHERE seq = $n", ("$n", n)), Exactly);

    [Fact]
    public void Two_records_swapped() => Each((f, n) =>
    {
        var other = f.Segment(n + 1) == f.Segment(n) ? n + 1 : n - 1;
        f.Sql(f.Segment(n), "UPDATE rec SET seq = -1 WHERE seq = $n; UPDATE rec SET seq = $n WHERE seq = $o; UPDATE rec SET seq = $o WHERE seq = -1", ("$n", n), ("$o", other));
    }, (n, first, last, _) => first >= n - 1 && first <= n && last == first);

    [Fact]
    public void A_record_told_twice() => Each((f, n) => f.Sql(f.Last,
        "ATTACH $file AS other; INSERT INTO rec SELECT (SELECT max(seq) FROM rec) + 1, leaf, chain, body FROM other.rec WHERE seq = $n", ("$file", f.Segment(n)), ("$n", n)),
        (_, first, last, size) => first == size + 1 && last == first);

    [Fact]
    public void A_record_deleted() => Each((f, n) => f.Sql(f.Segment(n), "DELETE FROM rec WHERE seq = $n", ("$n", n)),
        (n, first, last, size) => (first == n && last == n) || n == size);

    [Fact]
    public void A_tail_cut() => Each((f, n) => f.Sql(f.Last, "DELETE FROM rec WHERE seq > $n; DELETE FROM checkpoint WHERE size > $n", ("$n", n)),
        said => n => said.Contains($"completeness: truncated after {n}"), n => Math.Max(n, given.Size - SampleLog.PartSize + 10));

    [Fact]
    public void A_forged_record_appended() => Each((f, n) =>
    {
        var (body, size) = (Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(f.Edited(n)).Replace($"\"seq\":{n},", $"\"seq\":{f.Size + 1},")), f.Size);
        f.Sql(f.Last, "INSERT INTO rec VALUES ($n, $leaf, $chain, $body)", ("$n", size + 1), ("$leaf", Forger.Leaf(body)), ("$chain", Forger.Link(f.ChainBefore(size + 1), Forger.Leaf(body))), ("$body", body));
    }, said => _ => said.Contains($"unwitnessed since {given.Size + 1}") && said.Contains($"signed up to: {given.Size}"));

    [Fact] public void An_older_copy_restored() => Each((f, n) => Replace(f, "old", n), said => _ => said.Contains("completeness: truncated after"), places: 1);

    [Fact]
    public async Task Another_log_in_its_place()
    {
        var other = Path.Combine(given.Folder, "other");
        await using (var log = SampleLog.Open(other))
        {
            await SampleLog.AppendAsync(log, (int)given.Size);
            await log.CheckpointAsync();
        }
        var (said, code) = SampleLog.Verify(other, given.Folder);
        (code, said).Should().Match<(int Code, string Said)>(v => v.Code == 4 && v.Said.Contains("integrity: broken at 1 (a key that you gave is none of this log's"));
    }

    [Fact] public void A_segment_gone() => Each((f, n) => File.Delete(f.Segments[n % 2]), said => _ => said.Contains("completeness: missing"), places: 2);

    [Fact] public void An_open_segment_gone() => Each((f, _) => File.Delete(f.Last), said => _ => said.Contains("completeness: truncated after"), places: 1);

    [Fact] public void An_edited_note() => Each((f, n) => FlipNote(f, "checkpoint", n), said => _ => said.Contains("integrity: broken"));

    [Fact] public void A_note_by_another_key() => Each((f, n) => Resign(f, n), said => _ => said.Contains("is not signed by the key of its epoch"));

    [Fact]
    public void An_edited_note_beside_a_sealed_segment() => Each((f, n) =>
    {
        var note = Path.ChangeExtension(f.Segments[n % 2], ".note");
        var bytes = File.ReadAllBytes(note);
        bytes[(int)(n * 7 % bytes.Length)] ^= 1;
        File.WriteAllBytes(note, bytes);
    }, said => _ => said.Contains("is not signed by the key of its epoch"));

    [Fact]
    public void Rewritten_and_signed_again_with_the_stolen_key_of_today() => Each((f, n) =>
    {
        f.RewriteFrom(n, f.Edited(n));
        Forger.SignAgain(f, Path.Combine(Log, "epoch.key"));
    }, (n, first, last, _) => first <= n && n <= last);

    [Fact] public void A_witness_forged() => Each((f, n) => FlipWitness(f, n), said => _ => said.Contains("integrity: broken"));

    [Fact]
    public void An_epoch_skipped() => Each((f, n) => Array.ForEach(f.Segments, s => f.Sql(s, $"DELETE FROM epoch WHERE id = {1 + n % 2}")),
        said => _ => said.Contains("integrity: broken"), places: 2);

    [Fact] public void An_epoch_of_the_forgers_own() => Each((f, n) => FlipNote(f, "epoch", n), said => _ => said.Contains("integrity: broken"));

    [Fact]
    public async Task A_write_ahead_log_removed_or_cut()
    {
        // A log that is being written: what is in the -wal file alone is gone with it.
        using var folder = new TempFolder();
        await using var log = SampleLog.Open(folder.File("log"), SampleLog.Patient with { CheckpointRecords = 1_000_000, CheckpointSeconds = 1e6 });
        File.WriteAllText(folder.File("audit.pub"), log.PublicKeys);
        await SampleLog.AppendAsync(log, 60);
        SampleLog.Copy(folder.File("log"), folder.File("live")); // as it lies there before a checkpoint settles it
        File.WriteAllBytes(folder.File("kept.note"), await log.CheckpointAsync());
        var (chance, lost) = (new Random(5), 0);
        for (var k = 0; k < Places; k++)
        {
            var copy = folder.File($"copy-{k}");
            SampleLog.Copy(folder.File("live"), copy);
            var wal = Path.Combine(copy, "audit.db-wal");
            using (var file = new FileStream(wal, FileMode.Open))
            {
                file.SetLength(k == 0 ? 0 : chance.NextInt64(file.Length - 100));
            }
            var said = Said(copy, folder.Path);
            lost += said.Code == 4 ? 1 : 0;
            (said.Code == 4 || said.Text.Contains("records: 60,")).Should().BeTrue("either every record is still there or it is said that some are not: " + said.Text);
            Directory.Delete(copy, recursive: true);
        }
        lost.Should().BeGreaterThan(Places / 2, "the cut must cost records");
    }

    [Fact]
    public void An_index_that_was_altered_does_not_matter()
    {
        using var work = new TempFolder();
        SampleLog.Copy(Log, work.Path);
        File.WriteAllText(work.File("index.db"), "nonsense");
        SampleLog.Verify(work.Path, given.Folder).Code.Should().Be(0);
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_is_found_or_touches_nothing_that_the_log_says()
    {
        var chance = new Random(7);
        var truth = Bodies(Log);
        var (harmless, flips) = (0, 600 * int.Parse(Environment.GetEnvironmentVariable("APPLIANCE_DEEP") ?? "1"));
        for (var k = 0; k < flips; k++)
        {
            using var work = new TempFolder();
            SampleLog.Copy(Log, work.Path);
            var files = Directory.GetFiles(work.Path, "audit*.db");
            var file = files[chance.Next(files.Length)];
            var bytes = File.ReadAllBytes(file);
            bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
            File.WriteAllBytes(file, bytes);
            var (text, code) = Said(work.Path, given.Folder);
            // The service may refuse to start on it, in words, and nothing else.
            try
            {
                await SampleLog.Open(work.Path).DisposeAsync();
            }
            catch (InvalidDataException e)
            {
                e.Message.Should().MatchRegex("appliance-verify|Restore it|auditor");
            }
            if (code == 0)
            {
                harmless++;
                Bodies(work.Path).Should().Equal(truth, $"the verifier said ok: {text}");
            }
        }
        harmless.Should().BeLessThan(flips * 5 / 6, "most bits matter");
    }

    private string Log => Path.Combine(given.Folder, "log");

    private void Each(Action<Forger, long> tamper, Func<long, long, long, long, bool> named, Func<long, long>? place = null) =>
        Each(tamper, said => n => Regex.Match(said, @"integrity: broken at (\d+)(?:\.\.(\d+))?") is { Success: true } m
            && named(n, long.Parse(m.Groups[1].Value), long.Parse(m.Groups[2].Success ? m.Groups[2].Value : m.Groups[1].Value), given.Size), place);

    private void Each(Action<Forger, long> tamper, Func<string, Func<long, bool>> found, Func<long, long>? place = null, int places = Places)
    {
        var chance = new Random(3);
        for (var k = 0; k < places; k++)
        {
            using var work = new TempFolder();
            SampleLog.Copy(Log, work.Path);
            var n = chance.NextInt64(2, given.Size);
            n = place is null ? n : Math.Min(place(n), given.Size - 1);
            n = places <= 2 ? k : n;
            tamper(new Forger(work.Path), n);
            var (said, code) = Said(work.Path, given.Folder);
            code.Should().Be(4, $"{k}: {n}: {said}");
            found(said)(n).Should().BeTrue($"at {n} of {given.Size} it says: {said}");
        }
    }

    private static bool Exactly(long n, long first, long last, long size) => first == n && last == n;

    private static bool Within(long n, long first, long last, long size) => first <= n && n <= last && last - first <= 50;

    private static (string Text, int Code) Said(string log, string folder)
    {
        try
        {
            var (said, code) = SampleLog.Verify(log, folder, witness: File.Exists(Path.Combine(folder, "witness.pub")));
            return (said, code);
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            return ("integrity: broken at 1 (damaged)", 4); // what the program says then
        }
    }

    private static void Rewrite(Forger f, long n, bool link)
    {
        var body = f.Edited(n);
        f.Sql(f.Segment(n), "UPDATE rec SET body = $b, leaf = $l, chain = CASE WHEN $link THEN $c ELSE chain END WHERE seq = $n",
            ("$b", body), ("$l", Forger.Leaf(body)), ("$c", Forger.Link(f.ChainBefore(n), Forger.Leaf(body))), ("$link", link), ("$n", n));
    }

    private void Replace(Forger f, string copy, long _)
    {
        foreach (var file in f.Segments)
        {
            File.Delete(file);
        }
        SampleLog.Copy(Path.Combine(given.Folder, copy), Path.GetDirectoryName(f.Last)!);
    }

    private static void FlipNote(Forger f, string table, long n)
    {
        var file = f.Segments[n % f.Segments.Length];
        var note = f.Blob(file, $"SELECT note FROM {table} ORDER BY rowid LIMIT 1 OFFSET {n % f.Scalar(file, $"SELECT count(*) FROM {table}")}");
        var flipped = (byte[])note.Clone();
        flipped[(int)(n * 13 % note.Length)] ^= 1;
        f.Sql(file, $"UPDATE {table} SET note = $new WHERE note = $old", ("$new", flipped), ("$old", note));
    }

    private static void FlipWitness(Forger f, long n)
    {
        foreach (var file in f.Segments.Where(s => f.Scalar(s, "SELECT count(*) FROM witness") > 0))
        {
            var note = f.Blob(file, "SELECT note FROM witness");
            var forged = (byte[])note.Clone();
            var line = forged.AsSpan().LastIndexOf("\u2014 auditor.example "u8) + "\u2014 auditor.example ".Length + 12; // in the base64 of the signature
            var at = line + (int)(n % 80);
            forged[at] = forged[at] == (byte)'A' ? (byte)'B' : (byte)'A';
            f.Sql(file, "UPDATE witness SET note = $new", ("$new", forged));
        }
    }

    private static void Resign(Forger f, long n)
    {
        var file = f.Segments[n % f.Segments.Length];
        var text = Encoding.UTF8.GetString(f.Blob(file, "SELECT note FROM checkpoint ORDER BY size LIMIT 1"));
        var key = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        var body = text[..(text.IndexOf("\n\n", StringComparison.Ordinal) + 1)];
        var signature = Appliance.Crypto.Ed25519.Sign(key, Encoding.UTF8.GetBytes(body));
        var id = Convert.FromBase64String(text.Split('\n').Last(l => l.StartsWith('\u2014')).Split(' ')[2])[..4]; // even the id of the right key
        f.Sql(file, "UPDATE checkpoint SET note = $new WHERE size = (SELECT min(size) FROM checkpoint)",
            ("$new", Encoding.UTF8.GetBytes($"{body}\n\u2014 {SampleLog.Origin} {Convert.ToBase64String([.. id, .. signature])}\n")));
    }

    private static List<string> Bodies(string folder)
    {
        using var reader = new Appliance.Storage.Audit.AuditReader(folder);
        return [.. reader.Read(1, long.MaxValue).Select(r => Convert.ToHexString(r.Body ?? []))];
    }
}
