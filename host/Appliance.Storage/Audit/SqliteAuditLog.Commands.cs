namespace Appliance.Storage.Audit;

/// <summary>What others may ask the writer to do between two groups.</summary>
public sealed partial class SqliteAuditLog
{
    /// <summary>A million rows are pruned or settled in less; records wait meanwhile, or are refused.</summary>
    private static readonly TimeSpan CommandWithin = TimeSpan.FromMinutes(2);

    /// <summary>Signs the log as it is now and settles it: a copy of its files is whole then, without the write-ahead log.</summary>
    /// <remarks>It is also signed by itself every 1,000 records or 10 s.</remarks>
    public async Task<byte[]> CheckpointAsync() => (byte[])(await DoAsync(new AuditCommand(() =>
    {
        var note = Sign();
        _segment.Settle();
        _settled = _tree.Size;
        return note;
    }), CommandWithin))!;

    /// <summary>Closes the segment and begins the next; does nothing to an empty one.</summary>
    public Task SealAsync() => DoAsync(new AuditCommand(() => { Seal(); return null; }), CommandWithin);

    /// <summary>Replaces the signing key and destroys the old one.</summary>
    public Task RotateAsync() => DoAsync(new AuditCommand(() => { Rotate(); return null; }), CommandWithin);

    /// <summary>Keeps what a witness outside of the machine has signed.</summary>
    public Task AddWitnessAsync(long size, string name, byte[] note) =>
        DoAsync(new AuditCommand(() =>
        {
            _segment.AddWitness(size, name, note);
            WitnessedSize = Math.Max(WitnessedSize, size);
            return null;
        }), CommandWithin);

    /// <summary>Takes the bodies of a range away; the record that approves it must be in the log already.</summary>
    /// <returns>How many segments were touched.</returns>
    public async Task<int> PruneAsync(long first, long last, long approvedBy) =>
        (int)(await DoAsync(new AuditCommand(() => Prune(first, last, approvedBy)), CommandWithin))!;
}
