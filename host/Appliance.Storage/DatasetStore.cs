using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Appliance.Domain.Datasets;

namespace Appliance.Storage;

/// <inheritdoc cref="IDatasets" />
public sealed class DatasetStore(StateStore store) : IDatasets
{
    public Task<DatasetVersion> AddAsync(
        DatasetVersion draft, IReadOnlyList<StoredRow> rows, CancellationToken cancellationToken)
    {
        var blob = store.Vault.Add(JsonSerializer.SerializeToUtf8Bytes(rows, StateStore.Json));
        var added = draft;
        store.Write(db =>
        {
            var last = db.Query(
                "SELECT coalesce(max(version), 0) FROM dataset WHERE name = $name", r => r.GetInt32(0), ("$name", draft.Name))[0];
            added = draft with { Version = last + 1, Blob = blob };
            db.Execute(
                "INSERT INTO dataset (name, version, body) VALUES ($name, $version, $body)",
                ("$name", added.Name), ("$version", added.Version), ("$body", StateStore.Serialize(added)));
        });
        return Task.FromResult(added);
    }

    public DatasetVersion? Find(string id)
    {
        var (name, version) = StateStore.ParseId(id);
        return store.Read(db => db.Query(
            "SELECT body FROM dataset WHERE name = $name AND ($version = 0 OR version = $version) ORDER BY version DESC LIMIT 1",
            r => StateStore.Deserialize<DatasetVersion>(r.GetString(0)), ("$name", name), ("$version", version)).FirstOrDefault());
    }

    public IReadOnlyList<DatasetVersion> List() => store.Read(db => db.Query(
        "SELECT body FROM dataset ORDER BY name, version", r => StateStore.Deserialize<DatasetVersion>(r.GetString(0))));

    public IReadOnlyList<StoredRow> ReadRows(DatasetVersion dataset) =>
        JsonSerializer.Deserialize<StoredRow[]>(store.Vault.Read(dataset.Blob), StateStore.Json)!;

    public string RowId(string redactedText) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(store.RowKey, Encoding.UTF8.GetBytes(redactedText)))[..32];
}
