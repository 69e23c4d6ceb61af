using System.Security.Cryptography;
using Appliance.Domain.Audit;
using Appliance.Domain.Privacy;

namespace Appliance.Storage;

/// <summary>A random key a person, wrapped, in a table from which a deleted row is overwritten.</summary>
/// <remarks>Pseudonym = first 16 bytes of HMAC-SHA256(person's key, id). Found by HMAC(site's key, id): the id itself is nowhere.</remarks>
public sealed class SubjectKeys(StateStore store) : ISubjects
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly Lock _lock = new();

    public AuditWord Of(Sensitive<string> id)
    {
        lock (_lock)
        {
            if (Find(id) is { } known)
            {
                return known;
            }
            var key = RandomNumberGenerator.GetBytes(32);
            store.Write(d => d.Execute("INSERT INTO subject_key (lookup, wrapped) VALUES ($lookup, $wrapped)", ("$lookup", Lookup(id)), ("$wrapped", Wrap(key))));
            return Pseudonym(key, id);
        }
    }

    public AuditWord? Find(Sensitive<string> id) =>
        store.Read(d => d.Query("SELECT wrapped FROM subject_key WHERE lookup = $lookup", r => (byte[])r[0], ("$lookup", Lookup(id)))) is [var wrapped]
            ? Pseudonym(Unwrap(wrapped), id)
            : default(AuditWord?);

    public bool Erase(Sensitive<string> id)
    {
        lock (_lock)
        {
            var known = Find(id) is not null;
            store.Write(d => d.Execute("DELETE FROM subject_key WHERE lookup = $lookup", ("$lookup", Lookup(id))));
            store.Settle(); // the write-ahead log may not keep what the table forgot
            return known;
        }
    }

    private static AuditWord Pseudonym(byte[] key, Sensitive<string> id) => "s:" + Convert.ToHexStringLower(KeyedId.Of(key, id)[..16]);

    private byte[] Lookup(Sensitive<string> id) => KeyedId.Of(store.SubjectKey, id);

    private byte[] Wrap(byte[] key)
    {
        var wrapped = new byte[NonceBytes + TagBytes + key.Length];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(store.SubjectKey, TagBytes);
        aes.Encrypt(wrapped.AsSpan(0, NonceBytes), key, wrapped.AsSpan(NonceBytes + TagBytes), wrapped.AsSpan(NonceBytes, TagBytes));
        return wrapped;
    }

    private byte[] Unwrap(byte[] wrapped)
    {
        var key = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(store.SubjectKey, TagBytes);
        aes.Decrypt(wrapped.AsSpan(0, NonceBytes), wrapped.AsSpan(NonceBytes + TagBytes), wrapped.AsSpan(NonceBytes, TagBytes), key);
        return key;
    }
}
