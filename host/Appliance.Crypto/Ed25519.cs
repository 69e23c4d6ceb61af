using System.Runtime.InteropServices;

namespace Appliance.Crypto;

/// <summary>Ed25519 (RFC 8032) by the libcrypto that .NET uses already; .NET itself has none.</summary>
public static unsafe partial class Ed25519
{
    public const int KeyBytes = 32;
    public const int SignatureBytes = 64;
    private const int Algorithm = 1087; // NID_ED25519
    private const string Library = "libcrypto.so.3";

    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        var key = Load(privateKey);
        try
        {
            var pub = new byte[KeyBytes];
            nuint length = KeyBytes;
            fixed (byte* p = pub)
            {
                Check(EVP_PKEY_get_raw_public_key(key, p, &length));
            }
            return pub;
        }
        finally
        {
            EVP_PKEY_free(key);
        }
    }

    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message)
    {
        var key = Load(privateKey);
        var context = EVP_MD_CTX_new();
        try
        {
            Check(EVP_DigestSignInit(context, null, 0, 0, key));
            var signature = new byte[SignatureBytes];
            nuint length = SignatureBytes;
            fixed (byte* s = signature, m = message)
            {
                Check(EVP_DigestSign(context, s, &length, m, (nuint)message.Length));
            }
            return signature;
        }
        finally
        {
            EVP_MD_CTX_free(context);
            EVP_PKEY_free(key);
        }
    }

    /// <returns>False for a wrong signature, and for a key or signature of a wrong size.</returns>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeyBytes || signature.Length != SignatureBytes)
        {
            return false;
        }
        fixed (byte* k = publicKey, s = signature, m = message)
        {
            var key = EVP_PKEY_new_raw_public_key(Algorithm, 0, k, KeyBytes);
            var context = EVP_MD_CTX_new();
            try
            {
                return key != 0 && EVP_DigestVerifyInit(context, null, 0, 0, key) == 1
                    && EVP_DigestVerify(context, s, SignatureBytes, m, (nuint)message.Length) == 1;
            }
            finally
            {
                EVP_MD_CTX_free(context);
                EVP_PKEY_free(key);
            }
        }
    }

    private static nint Load(ReadOnlySpan<byte> privateKey)
    {
        fixed (byte* p = privateKey)
        {
            var key = EVP_PKEY_new_raw_private_key(Algorithm, 0, p, (nuint)privateKey.Length);
            return key != 0 ? key : throw new InvalidDataException("The signing key is damaged. Restore it from the backup.");
        }
    }

    private static void Check(int status)
    {
        if (status != 1)
        {
            throw new InvalidOperationException("libcrypto refused an Ed25519 operation.");
        }
    }

    [LibraryImport(Library)] private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);
    [LibraryImport(Library)] private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);
    [LibraryImport(Library)] private static partial int EVP_DigestVerifyInit(nint context, void* pctx, nint type, nint engine, nint key);
    [LibraryImport(Library)] private static partial int EVP_DigestVerify(nint context, byte* signature, nuint length, byte* message, nuint size);
    [LibraryImport(Library)] private static partial int EVP_PKEY_get_raw_public_key(nint key, byte* pub, nuint* length);
    [LibraryImport(Library)] private static partial void EVP_PKEY_free(nint key);
    [LibraryImport(Library)] private static partial nint EVP_MD_CTX_new();
    [LibraryImport(Library)] private static partial void EVP_MD_CTX_free(nint context);
    [LibraryImport(Library)] private static partial int EVP_DigestSignInit(nint context, void* pctx, nint type, nint engine, nint key);
    [LibraryImport(Library)] private static partial int EVP_DigestSign(nint context, byte* signature, nuint* length, byte* message, nuint size);
}
