using Appliance.Domain.Audit;
using Appliance.Domain.Privacy;

namespace Appliance.Tests;

/// <summary>Everybody has the same pseudonym; nobody is erased.</summary>
internal sealed class FakeSubjects : ISubjects
{
    public AuditWord Of(Sensitive<string> id) => "s:0";

    public AuditWord? Find(Sensitive<string> id) => "s:0";

    public bool Erase(Sensitive<string> id) => false;
}
