namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>E-mail addresses: local part, @, domain with a dot; also with spaces round the @ as people write them.</summary>
public sealed class EmailRecognizer : IRecognizer
{
    private static readonly Pattern Address = new(
        @"[\p{L}\p{N}._%+\-']{1,64} ?(@|\[at\]|\(at\)) ?[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,62}\.){1,8}[\p{L}]{2,24}", ignoreCase: true);

    public string EntityType => EntityTypes.Email;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        foreach (var match in Address.Matches(view.Text))
        {
            yield return new PiiFinding(EntityType, match.Index, match.Index + match.Length, 0.99, "address-shape");
        }
    }
}
