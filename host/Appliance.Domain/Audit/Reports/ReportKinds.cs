namespace Appliance.Domain.Audit.Reports;

/// <summary>The reports that an authority or an auditor asks for, each from the records alone and the policies in force.</summary>
public static class ReportKinds
{
    private static readonly Dictionary<string, Func<ReportRequest, IReadOnlyList<ReportTable>>> Kinds = new()
    {
        ["processing"] = PrivacyReports.Processing,
        ["subject"] = PrivacyReports.Subject,
        ["erasure"] = PrivacyReports.Erasure,
        ["retention"] = PrivacyReports.Retention,
        ["lineage"] = OversightReports.Lineage,
        ["residency"] = PrivacyReports.Residency,
        ["administrators"] = OversightReports.Administrators,
        ["hipaa"] = OversightReports.ActivityReview,
        ["ai-act"] = OversightReports.AiAct,
    };

    public static IReadOnlyCollection<string> All => Kinds.Keys;

    /// <exception cref="KeyNotFoundException">No report is called so.</exception>
    public static Report Make(string kind, ReportRequest request) => new(kind, Kinds[kind](request));
}
