namespace Appliance.Domain.Audit;

/// <summary>The one way to write the audit log.</summary>
public interface IAuditLog
{
    /// <summary>Returns when the record is on disk.</summary>
    /// <remarks>Takes no cancellation token on purpose: a caller who hangs up must not be able to skip the record.</remarks>
    /// <exception cref="AuditUnavailableException">It could not be written: do nothing, let nothing leave.</exception>
    Task<AuditRecord> AppendAsync(AuditEntry entry);
}

/// <summary>The audit log cannot be written; the appliance stands still until it can.</summary>
public sealed class AuditUnavailableException(string reason)
    : Exception($"The audit log cannot be written ({reason}). Nothing is processed until it can: free disk space or restart the service.");
