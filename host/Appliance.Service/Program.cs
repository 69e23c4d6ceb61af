using Appliance.Service.Hosting;
using Microsoft.Extensions.Options;

// The service. Options: --root DIR (all under one folder), then settings such as --Workers:Threads=2.
string? root = Environment.GetEnvironmentVariable("APPLIANCE_ROOT") is { Length: > 0 } given ? given : null;
var settings = new List<string>();
for (var k = 0; k < args.Length; k++)
{
    if (args[k] == "--root" && k + 1 < args.Length)
    {
        root = args[++k];
    }
    else
    {
        settings.Add(args[k]);
    }
}
try
{
    return await ApplianceHost.RunAsync(root, [.. settings]);
}
catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException
    or OptionsValidationException or InvalidOperationException or Appliance.Domain.Audit.AuditUnavailableException)
{
    Console.Error.WriteLine("appliance-host does not start: " + e.Message);
    return e is InvalidDataException or OptionsValidationException ? 4 : 70;
}
