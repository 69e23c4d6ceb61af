using Appliance.Domain.Privacy.Recognizers;

namespace Appliance.Domain.Privacy;

/// <summary>Runs every recognizer over a text and settles where findings overlap; coverage is never dropped.</summary>
/// <remarks>A recognizer that throws or runs over time blocks the text: <see cref="DetectionFailedException"/>, no result.</remarks>
public sealed class Detector(IReadOnlyList<IRecognizer> recognizers, TimeProvider clock, TimeSpan limit)
{
    /// <summary>Longest text that is scanned, in UTF-16 code units; longer ones are refused, not cut.</summary>
    public const int TextLengthMax = 1 << 20;

    /// <summary>All recognizers of the appliance, the surest kinds first: the order settles equal overlaps.</summary>
    public static IReadOnlyList<IRecognizer> Standard { get; } =
    [
        new IbanRecognizer(), new FiscalCodeRecognizer(), new EmailRecognizer(), new UrlRecognizer(),
        new CreditCardRecognizer(), new VatCodeRecognizer(), new IpAddressRecognizer(), new PhoneRecognizer(),
        new StreetAddressRecognizer(), new PersonRecognizer(),
    ];

    /// <summary>The findings in the original text, sorted, without overlaps.</summary>
    /// <exception cref="DetectionFailedException">The text is too long, or a recognizer broke or ran over time.</exception>
    public IReadOnlyList<PiiFinding> Find(Sensitive<string> text)
    {
        var original = text.Reveal();
        if (original.Length > TextLengthMax)
        {
            throw new DetectionFailedException("all", $"got a text longer than {TextLengthMax} characters");
        }
        var view = TextView.Of(original);
        var found = new List<(PiiFinding Finding, int Rank)>();
        var started = clock.GetTimestamp();
        for (var rank = 0; rank < recognizers.Count; rank++)
        {
            Run(recognizers[rank], view, found, rank);
            if (clock.GetElapsedTime(started) > limit)
            {
                throw new DetectionFailedException(recognizers[rank].EntityType, "ran over its time");
            }
        }
        return Settle(found);
    }

    private static void Run(IRecognizer recognizer, TextView view, List<(PiiFinding, int)> found, int rank)
    {
        try
        {
            foreach (var finding in recognizer.Find(view))
            {
                found.Add((view.ToOriginal(finding), rank));
            }
        }
        catch (Exception e) // boundary: whatever breaks in a recognizer must block the text, and its message may quote it
        {
            throw new DetectionFailedException(recognizer.EntityType, $"broke ({e.GetType().Name})");
        }
    }

    // Overlapping findings become one that covers them all, of the kind that is surest.
    private static List<PiiFinding> Settle(List<(PiiFinding Finding, int Rank)> found)
    {
        var settled = new List<(PiiFinding Finding, int Rank)>();
        foreach (var next in found.OrderBy(f => f.Finding.Start).ThenByDescending(f => f.Finding.End))
        {
            if (settled.Count == 0 || settled[^1].Finding.End <= next.Finding.Start)
            {
                settled.Add(next);
                continue;
            }
            var last = settled[^1];
            var surest = (next.Finding.Score, -next.Rank).CompareTo((last.Finding.Score, -last.Rank)) > 0 ? next : last;
            settled[^1] = (surest.Finding with
            {
                Start = last.Finding.Start,
                End = Math.Max(last.Finding.End, next.Finding.End),
            }, surest.Rank);
        }
        return MergeNames([.. settled.Select(s => s.Finding)]);
    }

    // "Mario" and "Rossi" side by side are one person, not two.
    private static List<PiiFinding> MergeNames(List<PiiFinding> findings)
    {
        var merged = new List<PiiFinding>();
        foreach (var finding in findings)
        {
            if (merged.Count > 0 && merged[^1] is { EntityType: EntityTypes.Person } last
                && finding.EntityType == EntityTypes.Person && finding.Start - last.End == 1)
            {
                merged[^1] = last with { End = finding.End };
            }
            else
            {
                merged.Add(finding);
            }
        }
        return merged;
    }
}
