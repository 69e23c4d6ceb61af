using Appliance.Domain.Privacy;

namespace Appliance.Domain.Audit;

/// <summary>Pseudonyms of people for the log. Each hangs on a key of its own: without the key nobody can tell whose it was.</summary>
public interface ISubjects
{
    /// <summary>The person's pseudonym; makes its key at the first time.</summary>
    AuditWord Of(Sensitive<string> id);

    /// <returns>The pseudonym, or null when the person is not known or was erased.</returns>
    AuditWord? Find(Sensitive<string> id);

    /// <summary>Destroys the key: records stay, and speak of nobody.</summary>
    /// <returns>False when there was none.</returns>
    bool Erase(Sensitive<string> id);
}
