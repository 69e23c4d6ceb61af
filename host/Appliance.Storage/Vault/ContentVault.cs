using System.Security.Cryptography;
using Appliance.Storage.Audit;
using Appliance.Storage.Crypto;

namespace Appliance.Storage.Vault;

/// <summary>Encrypted files under the keyed hash of their content: the same content is stored once, and never in the clear.</summary>
internal sealed class ContentVault
{
    private readonly string _folder;
    private readonly Keys _keys;

    internal ContentVault(string folder, Keys keys)
    {
        (_folder, _keys) = (folder, keys);
        Directory.CreateDirectory(folder);
        // What a crash left half-written was never acknowledged.
        foreach (var left in Directory.EnumerateFiles(folder, "*.new"))
        {
            File.Delete(left);
        }
    }

    /// <returns>The content's address.</returns>
    internal string Add(ReadOnlySpan<byte> content)
    {
        var address = Convert.ToHexStringLower(HMACSHA256.HashData(_keys.Addresses, content));
        if (!File.Exists(PathOf(address)))
        {
            Replace(address, content);
        }
        return address;
    }

    /// <exception cref="InvalidDataException">The file is missing, damaged or was changed.</exception>
    internal byte[] Read(string address)
    {
        var path = PathOf(address);
        return File.Exists(path)
            ? SealedFile.Read(File.ReadAllBytes(path), _keys.Vault)
            : throw new InvalidDataException("A vault file is missing. Restore it from the backup.");
    }

    internal bool Has(string name) => File.Exists(PathOf(name));

    internal void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>Gives a file another name of ours; the one that had it is gone. Nothing where there is no such file.</summary>
    internal void Rename(string name, string other)
    {
        if (Has(name))
        {
            File.Move(PathOf(name), PathOf(other), overwrite: true);
        }
    }

    /// <summary>Writes under a name of ours: new file, fsync, rename, fsync of the folder. A crash leaves the old or the new.</summary>
    /// <exception cref="IOException">The disk is full or broken; what was there before is untouched.</exception>
    internal void Replace(string name, ReadOnlySpan<byte> content)
    {
        try
        {
            LeaveRoom(content.Length);
            DurableFile.Replace(PathOf(name), content, (file, plain) => SealedFile.Write(file, plain, _keys.Vault));
        }
        catch (IOException e)
        {
            throw new IOException($"The vault cannot be written ({e.Message}). Free disk space under {_folder}.", e);
        }
    }

    // A file that took the last bytes would stop the audit log, and with it everything else, until it is deleted again.
    private void LeaveRoom(long bytes)
    {
        var (free, total) = Watermarks.Of(_folder);
        if (free - SealedFile.Size(bytes) < 2 * Watermarks.StopAt(total))
        {
            throw new IOException($"{bytes >> 20} MiB do not fit into the {free >> 20} MiB that are free");
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
