using System.Security.Cryptography;
using Appliance.Domain.Audit;
using Appliance.Storage.Audit;

namespace Appliance.Service.Hosting;

/// <summary>The section <c>Audit</c> of appliance.json; read before anything else starts, for the log is there first.</summary>
internal static class AuditSettings
{
    /// <exception cref="InvalidDataException">The section has a mistake; the message names it.</exception>
    internal static AuditOptions Read(Paths paths)
    {
        var configuration = new ConfigurationBuilder().AddJsonFile(paths.Settings, optional: true, reloadOnChange: false).Build();
        try
        {
            var options = new AuditOptions();
            configuration.GetSection("Audit").Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            return options.SegmentRecords > 0 && options.SegmentHours > 0 && options.EpochDays > 0 && options.EpochRecords > 0
                && options.CheckpointRecords > 0 && options.AcknowledgeSeconds > 0 && (options.SecondDevice is not { } second || Directory.Exists(second))
                ? options
                : throw new InvalidDataException("Audit in appliance.json: numbers must be above 0, and SecondDevice an existing folder.");
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"Audit in {paths.Settings} has a mistake: {e.Message}", e);
        }
    }

    /// <summary>Which settings were in force: a change of one letter shows.</summary>
    internal static AuditWord Fingerprint(Paths paths) => "config/" + (File.Exists(paths.Settings)
        ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(paths.Settings)))[..32]
        : "defaults");
}
