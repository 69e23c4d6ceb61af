using System.Text;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;
using Appliance.Verifier;

namespace Appliance.Tests.Audit;

/// <summary>A real log with everything in it: three segments, two epochs, a witness, a checkpoint that was kept outside.</summary>
internal static class SampleLog
{
    internal const string Origin = "appliance/test/audit";
    internal const int PartSize = 120;
    internal static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(k => (byte)k)];
    internal static readonly AuditOptions Patient = new() { AcknowledgeSeconds = 60 };

    internal static SqliteAuditLog Open(string folder, AuditOptions? options = null, TimeProvider? clock = null) =>
        new(folder, Origin, Key, "boot-1", clock ?? TimeProvider.System, options ?? Patient);

    internal static AuditEntry Entry(AuditPhase phase = AuditPhase.Event, long reference = 0, string actor = "uid:1") =>
        new(AuditActions.Infer, phase, actor, "model/m/v1", "citizen-service", "allow", Code: phase == AuditPhase.Intent ? "" : "ok", Reference: reference,
            Counts: phase == AuditPhase.Outcome ? new Dictionary<string, long> { ["pii.person"] = 2, ["requests"] = 1 } : null)
        { Role = "operator", Zone = "site" };

    internal static async Task AppendAsync(SqliteAuditLog log, int records)
    {
        for (var k = 0; k < records / 2; k++)
        {
            var intent = await log.AppendAsync(Entry(AuditPhase.Intent));
            await log.AppendAsync(Entry(AuditPhase.Outcome, intent.Seq));
        }
    }

    /// <summary>Fills <c>log</c> below the folder; beside it <c>audit.pub</c>, <c>kept.note</c>, <c>witness.pub</c> and an older copy <c>old</c>.</summary>
    internal static async Task MakeAsync(string folder)
    {
        var log = Path.Combine(folder, "log");
        await using var writer = Open(log, Patient with { CheckpointRecords = 50 });
        await AppendAsync(writer, PartSize);
        await writer.RotateAsync();
        await writer.SealAsync();
        await AppendAsync(writer, PartSize);
        await WitnessAsync(writer, folder);
        await writer.SealAsync();
        await AppendAsync(writer, PartSize / 2);
        await writer.CheckpointAsync();
        Copy(log, Path.Combine(folder, "old"));
        await AppendAsync(writer, PartSize / 2);
        File.WriteAllBytes(Path.Combine(folder, "kept.note"), await writer.CheckpointAsync());
        File.WriteAllText(Path.Combine(folder, "audit.pub"), writer.PublicKeys.Split('\n')[0] + "\n"); // the one from the day of installation
    }

    /// <summary>Asks a witness below the folder to sign the log as it is, and brings the signature back.</summary>
    internal static async Task WitnessAsync(SqliteAuditLog log, string folder)
    {
        var (state, output) = (Path.Combine(folder, "witness"), new StringWriter());
        if (!Directory.Exists(state))
        {
            new Witness(state).Make("auditor.example", output).Should().Be(0);
            File.WriteAllText(Path.Combine(folder, "witness.pub"), output.ToString());
        }
        var note = Encoding.UTF8.GetString(await log.CheckpointAsync());
        var size = long.Parse(note.Split('\n')[1]);
        var request = Path.Combine(folder, "request");
        using (var reader = log.Reader())
        {
            var path = log.WitnessedSize == 0 ? [] : new Proofs(reader).Consistency(log.WitnessedSize, size);
            File.WriteAllText(request, $"old {log.WitnessedSize}\n{string.Concat(path.Select(h => Convert.ToBase64String(h) + "\n"))}\n{note}");
        }
        var signed = new StringWriter();
        var errors = new StringWriter();
        new Witness(state).Sign(request, [.. log.PublicKeys.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(NoteKey.Parse)], signed, errors, DateTimeOffset.UnixEpoch.AddYears(56))
            .Should().Be(0, errors.ToString());
        await log.AddWitnessAsync(size, "auditor.example", Encoding.UTF8.GetBytes(signed.ToString()));
    }

    /// <summary>What the verifier says, and its exit code.</summary>
    internal static (string Said, int Code) Verify(string log, string folder, bool witness = false, bool kept = true, string[]? keys = null)
    {
        var output = new StringWriter();
        var files = Directory.GetFiles(log, "audit-*.db").Concat(Directory.GetFiles(log, "audit.db")).Select(p => new SegmentFile(p)).OrderBy(f => f.FirstSeq).ToArray();
        try
        {
            var code = Verification.Run(files, new Evidence(
                [.. (keys ?? [Path.Combine(folder, "audit.pub")]).SelectMany(NoteKey.ReadFile)],
                kept ? [Path.Combine(folder, "kept.note")] : [], witness ? NoteKey.ReadFile(Path.Combine(folder, "witness.pub")) : []), output);
            return (output.ToString(), code);
        }
        finally
        {
            Array.ForEach(files, f => f.Dispose());
        }
    }

    internal static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(f => Path.GetFileName(f) is not ("ballast" or "epoch.key" or "audit.db-shm")))
        {
            var copy = Path.Combine(to, Path.GetFileName(file));
            File.Copy(file, copy, overwrite: true);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
