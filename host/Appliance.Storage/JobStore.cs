using Appliance.Domain.Jobs;

namespace Appliance.Storage;

/// <inheritdoc cref="IJobs" />
public sealed class JobStore(StateStore store) : IJobs
{
    public void Add(Job job) => store.Write(db => db.Execute(
        "INSERT INTO job (id, state, created, body) VALUES ($id, $state, $created, $body)", Row(job)));

    public void Update(Job job) => store.Write(db => db.Execute(
        "UPDATE job SET state = $state, created = $created, body = $body WHERE id = $id", Row(job)));

    public Job? Find(string id) => store.Read(db => db.Query(
        "SELECT body FROM job WHERE id = $id", r => StateStore.Deserialize<Job>(r.GetString(0)), ("$id", id)).FirstOrDefault());

    public IReadOnlyList<Job> List() => store.Read(db => db.Query(
        "SELECT body FROM job ORDER BY created, id", r => StateStore.Deserialize<Job>(r.GetString(0))));

    public void SaveCheckpoint(string jobId, ReadOnlyMemory<byte> state)
    {
        store.Vault.Rename(Name(jobId), Before(jobId));
        store.Vault.Replace(Name(jobId), state.Span);
    }

    // A checkpoint that is missing or does not open (it was cut, changed or never finished) gives way to the one before.
    public ReadOnlyMemory<byte>? ReadCheckpoint(string jobId)
    {
        foreach (var name in (string[])[Name(jobId), Before(jobId)])
        {
            try
            {
                if (store.Vault.Has(name))
                {
                    return store.Vault.Read(name);
                }
            }
            catch (InvalidDataException)
            {
                // The next one is older and whole, or there is none and the run begins anew.
            }
        }
        return null;
    }

    public void DeleteCheckpoint(string jobId)
    {
        store.Vault.Delete(Name(jobId));
        store.Vault.Delete(Before(jobId));
    }

    private static string Before(string jobId) => Name(jobId) + "-before";

    private static string Name(string jobId) => "checkpoint-" + jobId;

    private static (string, object?)[] Row(Job job) =>
    [
        ("$id", job.Id), ("$state", job.State.ToString()), ("$created", job.Created.ToString("o")), ("$body", StateStore.Serialize(job)),
    ];
}
