using Appliance.Domain.Audit;
using Appliance.Domain.Policies;

namespace Appliance.Service.Hosting;

/// <summary>The policies of a folder: a bad one stops the start; at a reload the old ones stay.</summary>
internal sealed class PolicyFolder : IPolicies
{
    private readonly string _folder;
    private volatile PolicySet _current;

    private PolicyFolder(string folder, PolicySet current) => (_folder, _current) = (folder, current);

    public PolicySet Current => _current;

    /// <exception cref="InvalidDataException">The files have mistakes; the message lists all of them.</exception>
    internal static PolicyFolder Open(string folder)
    {
        var (policies, errors) = Read(folder);
        return policies is null
            ? throw new InvalidDataException(
                $"The policies in {folder} cannot be used, so the service does not start:\n  {string.Join("\n  ", errors)}\n" +
                $"Correct them and check with: appliance policy check {folder}")
            : new PolicyFolder(folder, policies);
    }

    /// <returns>The mistakes that kept the old policies in force; empty when the new ones are.</returns>
    internal async Task<IReadOnlyList<string>> ReloadAsync(IAuditLog audit, string caller)
    {
        var (policies, errors) = Read(_folder);
        if (policies is null)
        {
            await audit.AppendAsync(new AuditEntry(
                AuditActions.PolicyRefuse, AuditPhase.Event, caller, "policy/current", Policy: _current.Hash, Code: "invalid"));
            return errors;
        }
        await audit.AppendAsync(new AuditEntry(
            AuditActions.PolicyLoad, AuditPhase.Event, caller, $"policy/v{policies.Version}", Policy: policies.Hash, Code: "ok"));
        _current = policies;
        return [];
    }

    private static (PolicySet? Policies, IReadOnlyList<string> Errors) Read(string folder)
    {
        try
        {
            return PolicyReader.Read(PolicyReader.FileNames.Where(n => File.Exists(Path.Combine(folder, n)))
                .ToDictionary(n => n, n => File.ReadAllText(Path.Combine(folder, n))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [$"the folder cannot be read: {e.Message}"]);
        }
    }
}
