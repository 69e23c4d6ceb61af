using System.Globalization;

namespace Appliance.Storage.Audit;

/// <summary>The names in a log's folder: one open segment, the sealed ones before it, and what belongs to them.</summary>
internal sealed class AuditFiles(string folder)
{
    internal string Folder { get; } = folder;

    /// <summary>The segment that is written.</summary>
    internal string Open => Path.Combine(Folder, "audit.db");

    internal string Key => Path.Combine(Folder, "epoch.key");

    internal string NewKey => Path.Combine(Folder, "epoch.key.new");

    internal string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Says where everything is; can be deleted, it is made again from the log.</summary>
    internal string Index => Path.Combine(Folder, "index.db");

    internal string Sealed(long id) => Path.Combine(Folder, $"audit-{id.ToString("D6", CultureInfo.InvariantCulture)}.db");

    /// <summary>The signed note of a sealed segment's last record.</summary>
    internal string NoteOf(long id) => Path.ChangeExtension(Sealed(id), ".note");

    /// <summary>Sealed segments in order.</summary>
    internal IReadOnlyList<(long Id, string Path)> SealedSegments() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, "audit-??????.db").Select(p => (long.Parse(Path.GetFileName(p)[6..12], CultureInfo.InvariantCulture), p)).Order()]
        : [];

    /// <summary>Sealed segments and the open one, in order.</summary>
    internal IReadOnlyList<string> All() => [.. SealedSegments().Select(s => s.Path), .. File.Exists(Open) ? [Open] : Array.Empty<string>()];
}
