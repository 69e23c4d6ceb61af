using System.Net;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>IPv4 and IPv6 addresses in any form that the platform's own parser takes.</summary>
public sealed class IpAddressRecognizer : IRecognizer
{
    private static readonly Pattern Shape = new(@"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}");

    public string EntityType => EntityTypes.IpAddress;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Shape.Matches(view.Text))
        {
            var (start, end) = (match.Index, match.Index + match.Length);
            // A time such as 12:30:45 has the shape of an IPv6 address but does not parse as one.
            if (match.Length >= 3 && Pattern.StandsAlone(view.Text, start, end) && IPAddress.TryParse(match.Value, out _))
            {
                yield return new PiiFinding(EntityType, start, end, 0.95, "parsed");
            }
        }
    }
}
