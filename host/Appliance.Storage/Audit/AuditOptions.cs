namespace Appliance.Storage.Audit;

/// <summary>How the log is cut, signed and guarded; the defaults are what an installation uses.</summary>
public sealed record AuditOptions
{
    /// <summary>Records after which a segment is sealed.</summary>
    public long SegmentRecords { get; init; } = 1_000_000;

    /// <summary>Age at which a segment is sealed, hours.</summary>
    public double SegmentHours { get; init; } = 24;

    /// <summary>Age at which the signing key is replaced and the old one destroyed, days.</summary>
    public double EpochDays { get; init; } = 30;

    /// <summary>Records after which the signing key is replaced.</summary>
    public long EpochRecords { get; init; } = 10_000_000;

    /// <summary>Records after which the log is signed.</summary>
    public long CheckpointRecords { get; init; } = 1000;

    /// <summary>How long a record may stay unsigned, seconds.</summary>
    public double CheckpointSeconds { get; init; } = 10;

    /// <summary>How long a caller waits for the disk before nothing is served, seconds.</summary>
    public double AcknowledgeSeconds { get; init; } = 2;

    /// <summary>How long records keep their bodies, days; only older ones can be pruned. Default: six years (45 CFR 164.316(b)(2)(i)).</summary>
    public int KeepDays { get; init; } = 2190;

    /// <summary>A folder on another disk that gets every sealed segment; null for none.</summary>
    public string? SecondDevice { get; init; }

    /// <summary>For the test of the tests alone: commits are not synced, and a power cut must then lose records.</summary>
    internal bool Unsynced { get; init; }
}
