using Appliance.Domain.Models;
using Microsoft.Data.Sqlite;

namespace Appliance.Storage;

/// <inheritdoc cref="IModels" />
public sealed class ModelStore(StateStore store) : IModels
{
    public Task<ModelVersion> AddAsync(
        ModelVersion draft, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, CancellationToken cancellationToken)
    {
        var kept = files.OrderBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => new ModelFile(f.Key, store.Vault.Add(f.Value.Span), f.Value.Length, StateStore.Sha256(f.Value.Span)))
            .ToArray();
        var added = draft;
        store.Write(db =>
        {
            var last = db.Query(
                "SELECT coalesce(max(version), 0) FROM model WHERE name = $name", r => r.GetInt32(0), ("$name", draft.Name))[0];
            added = draft with { Version = last + 1, Files = kept };
            db.Execute(
                "INSERT INTO model (name, version, state, body) VALUES ($name, $version, $state, $body)", Row(added));
        });
        return Task.FromResult(added);
    }

    public ModelVersion? Find(string id)
    {
        var (name, version) = StateStore.ParseId(id);
        return store.Read(db => db.Query(
            "SELECT body FROM model WHERE name = $name AND ($version = 0 OR version = $version) ORDER BY version DESC LIMIT 1",
            r => StateStore.Deserialize<ModelVersion>(r.GetString(0)), ("$name", name), ("$version", version)).FirstOrDefault());
    }

    public IReadOnlyList<ModelVersion> List() => store.Read(db => db.Query(
        "SELECT body FROM model ORDER BY name, version", r => StateStore.Deserialize<ModelVersion>(r.GetString(0))));

    public ModelVersion? Serving(string task) => Alias(task).Model is { } id ? Find(id) : null;

    public ModelVersion? Previous(string task) => Alias(task).Previous is { } id ? Find(id) : null;

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ReadFiles(ModelVersion model)
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>();
        foreach (var file in model.Files)
        {
            var content = store.Vault.Read(file.Blob);
            files[file.Name] = StateStore.Sha256(content) == file.Sha256
                ? content
                : throw new InvalidDataException($"The file {file.Name} of model {model.Id} was changed. Restore it from the backup.");
        }
        return files;
    }

    public void SetPassport(ModelVersion model, Passport passport, ModelState state) => store.Write(db =>
        Update(db, model with { Passport = passport, State = state }));

    public void Serve(string task, ModelVersion model) => store.Write(db =>
    {
        var current = db.Query("SELECT model FROM alias WHERE task = $task", r => r.GetString(0), ("$task", task)).FirstOrDefault();
        if (current is not null && current != model.Id && FindIn(db, current) is { } old)
        {
            Update(db, old with { State = ModelState.Retired });
        }
        Update(db, FindIn(db, model.Id)! with { State = ModelState.Live });
        db.Execute(
            "INSERT INTO alias (task, model) VALUES ($task, $model) ON CONFLICT (task) DO UPDATE SET previous = model, model = $model",
            ("$task", task), ("$model", model.Id));
    });

    private static ModelVersion? FindIn(SqliteConnection db, string id)
    {
        var (name, version) = StateStore.ParseId(id);
        return db.Query(
            "SELECT body FROM model WHERE name = $name AND version = $version",
            r => StateStore.Deserialize<ModelVersion>(r.GetString(0)), ("$name", name), ("$version", version)).FirstOrDefault();
    }

    private static void Update(SqliteConnection db, ModelVersion model) => db.Execute(
        "UPDATE model SET state = $state, body = $body WHERE name = $name AND version = $version", Row(model));

    private static (string, object?)[] Row(ModelVersion model) =>
    [
        ("$name", model.Name), ("$version", model.Version), ("$state", model.State.ToString()), ("$body", StateStore.Serialize(model)),
    ];

    private (string? Model, string? Previous) Alias(string task) => store.Read(db => db.Query(
        "SELECT model, previous FROM alias WHERE task = $task",
        r => ((string?)r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)), ("$task", task)).FirstOrDefault());
}
