using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Storage.Crypto;
using Appliance.Storage.Vault;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage;

/// <summary>The state database and the vault behind datasets, models and jobs: one connection, one lock.</summary>
public sealed class StateStore : IDisposable
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly SqliteConnection _database;
    private readonly Lock _lock = new();

    /// <summary>What the redaction keys of this site come from.</summary>
    public byte[] RedactionRoot { get; }

    public StateStore(string folder, Keys keys)
    {
        RedactionRoot = keys.Redaction;
        Directory.CreateDirectory(folder);
        _database = Database.OpenWriter(Path.Combine(folder, "state.db"), "state");
        Vault = new ContentVault(Path.Combine(folder, "vault"), keys);
        RowKey = keys.Rows;
        SubjectKey = keys.Subjects;
    }

    internal ContentVault Vault { get; }

    internal byte[] RowKey { get; }

    internal byte[] SubjectKey { get; }

    public void Dispose()
    {
        if (_database.State != System.Data.ConnectionState.Open)
        {
            return;
        }
        Database.Checkpoint(_database);
        _database.Dispose();
    }

    /// <exception cref="IOException">The database cannot be written.</exception>
    internal void Write(Action<SqliteConnection> work)
    {
        lock (_lock)
        {
            try
            {
                using var transaction = _database.BeginTransaction();
                work(_database);
                transaction.Commit();
            }
            catch (SqliteException e) when (e.SqliteErrorCode is 10 or 13)
            {
                throw new IOException("The state database cannot be written. Free disk space and try again.", e);
            }
        }
    }

    /// <summary>Moves the write-ahead log into the file: what was deleted is then nowhere.</summary>
    internal void Settle()
    {
        lock (_lock)
        {
            Database.Checkpoint(_database);
        }
    }

    internal T Read<T>(Func<SqliteConnection, T> work)
    {
        lock (_lock)
        {
            return work(_database);
        }
    }

    internal static string Serialize<T>(T value) => JsonSerializer.Serialize(value, Json);

    internal static T Deserialize<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)!;

    internal static string Sha256(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary><c>name</c> or <c>name/vN</c>; a version of 0 means the newest.</summary>
    internal static (string Name, int Version) ParseId(string id)
    {
        var at = id.LastIndexOf("/v", StringComparison.Ordinal);
        return at > 0 && int.TryParse(id[(at + 2)..], out var version) ? (id[..at], version) : (id, 0);
    }
}
