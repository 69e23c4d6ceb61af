using System.Security.Cryptography;

namespace Appliance.Storage.Crypto;

/// <summary>The service's secrets, derived from one key file that only it can read.</summary>
/// <remarks>HKDF-SHA256 (RFC 5869) gives each use its own key, so that no key does two jobs.</remarks>
public sealed class Keys
{
    private const int MasterBytes = 32;
    private readonly byte[] _master;

    private Keys(byte[] master) => _master = master;

    internal byte[] Vault => Derive("vault encryption v1");

    internal byte[] Addresses => Derive("vault addresses v1");

    internal byte[] Rows => Derive("row ids v1");

    /// <summary>The root of the operators that can be undone.</summary>
    internal byte[] Redaction => Derive("redaction v1");

    /// <summary>Wraps the keys of the people in the log, and finds them.</summary>
    internal byte[] Subjects => Derive("subject keys v1");

    public byte[] AuditSigningKey => Derive("audit signing v1");

    /// <summary>Reads the key file, or makes it on the first start.</summary>
    /// <param name="path">In production a systemd credential; else a file of mode 0600.</param>
    /// <exception cref="InvalidDataException">The file has another size, or others can read it.</exception>
    public static Keys Open(string path, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate)
            {
                throw new InvalidDataException($"The key file {path} is missing. Restore it: without it the vault cannot be read.");
            }
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(RandomNumberGenerator.GetBytes(MasterBytes));
            file.Flush(flushToDisk: true);
        }
        const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new InvalidDataException($"Others can read or change the key file {path}. Run: chmod 600 {path}");
        }
        var master = File.ReadAllBytes(path);
        return master.Length == MasterBytes
            ? new Keys(master)
            : throw new InvalidDataException($"The key file {path} has {master.Length} bytes instead of {MasterBytes}. Restore it.");
    }

    private byte[] Derive(string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, 32, info: System.Text.Encoding.ASCII.GetBytes("appliance " + use));
}
