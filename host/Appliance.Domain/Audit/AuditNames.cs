namespace Appliance.Domain.Audit;

/// <summary>Names that callers chose, made fit for the log.</summary>
public static class AuditNames
{
    /// <summary>A name that the policy declares, or <c>undeclared</c>: a caller's own words must not reach the log.</summary>
    public static AuditWord Declared(IEnumerable<string> known, string name) => known.Contains(name) ? name : "undeclared";
}
