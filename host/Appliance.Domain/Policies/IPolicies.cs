namespace Appliance.Domain.Policies;

/// <summary>The policies in force now; swapped whole at a reload.</summary>
public interface IPolicies
{
    PolicySet Current { get; }
}
