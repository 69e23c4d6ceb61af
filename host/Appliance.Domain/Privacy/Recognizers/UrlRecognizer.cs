namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Web addresses: they carry profiles, tokens and names of people.</summary>
public sealed class UrlRecognizer : IRecognizer
{
    private static readonly Pattern Shape = new(@"(?:https?://|ftp://|www\.)[^\s<>""']{2,2000}", ignoreCase: true);
    private static readonly char[] Trailing = ['.', ',', ';', ':', ')', ']', '!', '?'];

    public string EntityType => EntityTypes.Url;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Shape.Matches(view.Text))
        {
            var length = match.Value.TrimEnd(Trailing).Length;
            yield return new PiiFinding(EntityType, match.Index, match.Index + length, 0.95, "scheme");
        }
    }
}
