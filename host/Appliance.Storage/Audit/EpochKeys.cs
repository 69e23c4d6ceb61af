using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Appliance.Storage.Vault;

namespace Appliance.Storage.Audit;

/// <summary>The key that signs now. When an epoch ends its key signs the next one and is destroyed: nobody can sign yesterday again.</summary>
/// <remarks>
/// A new key is on disk before the log speaks of it, and the old one goes after: a crash between leaves either both or the new
/// one, and <see cref="Open"/> finishes what was begun.
/// </remarks>
internal sealed class EpochKeys
{
    private readonly AuditFiles _files;
    private readonly byte[] _seal;
    private readonly string _origin;

    private EpochKeys(AuditFiles files, byte[] seal, string origin) => (_files, _seal, _origin) = (files, seal, origin);

    internal long Id { get; private set; }

    internal long OpenedMs { get; private set; }

    internal long OpenedSize { get; private set; }

    internal SignedNote Note { get; private set; } = null!; // set by Open

    /// <param name="signingKey">Derived from the master key: seals the key file. It signed the logs of version 1 itself.</param>
    /// <exception cref="InvalidDataException">The key file is missing or is of another log.</exception>
    internal static EpochKeys Open(AuditFiles files, Segment segment, string origin, byte[] signingKey, MerkleTree tree, long now)
    {
        var keys = new EpochKeys(files, HKDF.DeriveKey(HashAlgorithmName.SHA256, signingKey, 32, info: "epoch key v1"u8.ToArray()), origin);
        if (segment.LastEpoch() is not { } last)
        {
            // 1 A new log has a key of its own; one of version 1 goes on with the key that its checkpoints have.
            var legacy = tree.Size > 0;
            keys.Begin(1, legacy ? signingKey : RandomNumberGenerator.GetBytes(32), segment, legacy ? new MerkleTree() : tree, now);
            File.Move(files.NewKey, files.Key, overwrite: true);
            return keys;
        }
        // 2 A crash between the record of an epoch and the destruction of the old key: finish it.
        if (File.Exists(files.NewKey) && keys.Read(files.NewKey) is var (id, _) && id == last.Id)
        {
            keys.Destroy();
        }
        File.Delete(files.NewKey);
        var (kept, key) = File.Exists(files.Key) ? keys.Read(files.Key)
            : throw new InvalidDataException($"The audit log's signing key {files.Key} is missing. Restore it from the backup.");
        (keys.Id, keys.OpenedMs, keys.Note) = (kept, last.OpenedMs, new SignedNote(origin, key));
        keys.OpenedSize = long.Parse(Encoding.UTF8.GetString(last.Note).Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);
        return kept == last.Id && Encoding.UTF8.GetString(last.Note).Contains("\nkey " + keys.Note.PublicKey + "\n", StringComparison.Ordinal)
            ? keys
            : throw new InvalidDataException($"The audit log's signing key {files.Key} is not of this log. Restore the one that belongs to it.");
    }

    /// <summary>Opens the next epoch: its note is signed by the old key and by the new one, and the old key is gone.</summary>
    internal void Rotate(Segment segment, MerkleTree tree, long now)
    {
        Begin(Id + 1, RandomNumberGenerator.GetBytes(32), segment, tree, now);
        Destroy();
    }

    private void Begin(long id, byte[] key, Segment segment, MerkleTree tree, long now)
    {
        WriteNew(id, key);
        var next = new SignedNote(_origin, key);
        segment.AddEpoch(id, now, next.Write(tree.Size, tree.Root(), [$"epoch {id}", $"key {next.PublicKey}"], Id > 0 ? Note : null));
        (Id, OpenedMs, OpenedSize, Note) = (id, now, tree.Size, next);
    }

    // Overwritten before it is unlinked: not a promise on every file system, but the sealing key is needed as well to read it.
    private void Destroy()
    {
        if (File.Exists(_files.Key))
        {
            using var old = new FileStream(_files.Key, FileMode.Open, FileAccess.Write);
            old.Write(RandomNumberGenerator.GetBytes((int)old.Length));
            old.Flush(flushToDisk: true);
        }
        File.Move(_files.NewKey, _files.Key, overwrite: true);
        Folders.Sync(_files.Folder);
    }

    private void WriteNew(long id, byte[] key)
    {
        var plain = new byte[8 + key.Length];
        BinaryPrimitives.WriteInt64LittleEndian(plain, id);
        key.CopyTo(plain, 8);
        DurableFile.Replace(_files.NewKey, plain, (file, content) => SealedFile.Write(file, content, _seal));
    }

    private (long Id, byte[] Key) Read(string path)
    {
        var plain = SealedFile.Read(File.ReadAllBytes(path), _seal);
        return (BinaryPrimitives.ReadInt64LittleEndian(plain), plain[8..]);
    }
}
