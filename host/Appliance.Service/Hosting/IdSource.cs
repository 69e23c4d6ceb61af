using System.Security.Cryptography;

namespace Appliance.Service.Hosting;

/// <summary>New ids: the time, so that they sort, and chance, so that they do not meet.</summary>
internal sealed class IdSource(TimeProvider clock)
{
    internal string Next(string prefix) =>
        $"{prefix}-{clock.GetUtcNow():yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
}
