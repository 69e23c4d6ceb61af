using System.Security.Cryptography;
using System.Text;
using Appliance.Crypto;

namespace Appliance.Storage.Audit;

/// <summary>Signs C2SP notes with one Ed25519 key: checkpoints of the log, and the notes that open an epoch.</summary>
/// <remarks>Sources: C2SP tlog-checkpoint and signed-note. The public key's text form goes to <c>audit.pub</c>.</remarks>
internal sealed class SignedNote
{
    private const byte Ed25519Type = 1;
    private readonly byte[] _privateKey;
    private readonly byte[] _keyId;

    internal SignedNote(string origin, byte[] privateKey)
    {
        (Origin, _privateKey) = (origin, privateKey);
        var publicKey = Ed25519.PublicKey(privateKey);
        _keyId = SHA256.HashData([.. Encoding.UTF8.GetBytes(origin), (byte)'\n', Ed25519Type, .. publicKey])[..4];
        PublicKey = $"{origin}+{Convert.ToHexStringLower(_keyId)}+{Convert.ToBase64String([Ed25519Type, .. publicKey])}";
    }

    internal string Origin { get; }

    /// <summary>The verifier key: <c>origin+id+base64</c>.</summary>
    internal string PublicKey { get; }

    /// <param name="extensions">Lines after the root; none in a plain checkpoint.</param>
    /// <param name="alsoBy">Another key that signs the same text.</param>
    internal byte[] Write(long size, byte[] root, IReadOnlyList<string>? extensions = null, SignedNote? alsoBy = null)
    {
        var text = $"{Origin}\n{size}\n{Convert.ToBase64String(root)}\n" + string.Concat((extensions ?? []).Select(e => e + "\n"));
        return Encoding.UTF8.GetBytes(text + "\n" + alsoBy?.Line(text) + Line(text));
    }

    private string Line(string text) =>
        $"\u2014 {Origin} {Convert.ToBase64String([.. _keyId, .. Ed25519.Sign(_privateKey, Encoding.UTF8.GetBytes(text))])}\n";
}
