using System.Text;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Privacy;

/// <summary>Runs every recognizer over a text and settles where findings overlap; coverage is never dropped.</summary>
/// <remarks>
/// 1 the text as UTF-8; 2 its normalised view; 3 one pass that cuts it into tokens; 4 the recognizers, each over view and tokens;
/// 5 overlaps; 6 places of the original. A recognizer that throws or runs over time blocks the text: <see cref="DetectionFailedException"/>, no result.
/// </remarks>
public sealed class Detector
{
    /// <summary>Longest text that is scanned, in UTF-16 code units; longer ones are refused, not cut.</summary>
    public const int TextLengthMax = 1 << 20;

    private const int LongBytes = 1 << 14;
    private readonly IReadOnlyList<IRecognizer> _recognizers;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;

    /// <summary>With all recognizers of the appliance.</summary>
    /// <param name="limit">Longest time for one text.</param>
    public Detector(TimeProvider clock, TimeSpan limit)
        : this(Standard, clock, limit)
    {
    }

    internal Detector(IReadOnlyList<IRecognizer> recognizers, TimeProvider clock, TimeSpan limit) =>
        (_recognizers, _clock, _limit) = (recognizers, clock, limit);

    /// <summary>Rules alone: everything with a form or a checksum.</summary>
    internal static IReadOnlyList<IRecognizer> Structured { get; } =
    [
        new SecretRecognizer(), new EmailRecognizer(), new UrlRecognizer(), new NetworkRecognizer(), new CodeRecognizer(), new CryptoRecognizer(),
        new PhoneRecognizer(), new DateRecognizer(), new AgeRecognizer(), new PlaceRecognizer(),
    ];

    /// <summary>All recognizers of the appliance.</summary>
    internal static IReadOnlyList<IRecognizer> Standard { get; } = [.. Structured, new OriginRecognizer(), new AddressRecognizer(), new AddressLines(), new NameRecognizer()];

    /// <summary>The words that any of them waits for.</summary>
    internal static WordFilter Awaited { get; } = new(Standard.SelectMany(r => r.Awaits));

    /// <summary>The findings in the original text, sorted, without overlaps.</summary>
    /// <param name="label">The column or key that the text stands under; empty for none.</param>
    /// <param name="rules">Of the site; what they exempt is found all the same: <see cref="Redactor"/> leaves it.</param>
    /// <exception cref="DetectionFailedException">The text is too long, or a recognizer broke or ran over time.</exception>
    public IReadOnlyList<PiiFinding> Find(Sensitive<string> text, string label = "", DetectionRules? rules = null)
    {
        var original = text.Reveal();
        if (original.Length > TextLengthMax)
        {
            throw new DetectionFailedException("all", $"got a text longer than {TextLengthMax} characters");
        }
        var utf8 = Encoding.UTF8.GetBytes(original);
        var scan = new Scan();
        var count = Find(scan, utf8, CueLexicon.OfLabel(label), rules);
        return count <= (rules ?? DetectionRules.None).FindsMax ? Findings(original, scan, scan.Finds[..count])
            : throw new DetectionFailedException("all", $"found more than the {rules!.FindsMax} that the policy allows in one text");
    }

    /// <summary>Finds in a scan that is used again and again, without a look at the clock inside recognizers.</summary>
    /// <returns>How many finds stand at the front of <see cref="Scan.Finds"/>.</returns>
    internal int Find(Scan scan, ReadOnlyMemory<byte> utf8, CueSet label, DetectionRules? rules = null)
    {
        var (started, limit) = (_clock.GetTimestamp(), rules?.Limit ?? _limit);
        scan.Read(utf8, label, rules?.Names);
        if (rules?.Recognizer is { } own)
        {
            Run(own, scan);
        }
        foreach (var recognizer in _recognizers)
        {
            Run(recognizer, scan);
            if (utf8.Length > LongBytes)
            {
                ThrowIfLate(started, limit, recognizer.Name);
            }
        }
        ThrowIfLate(started, limit, "all");
        return Overlaps.Settle(scan.Finds, scan.View);
    }

    private void ThrowIfLate(long started, TimeSpan limit, string recognizer)
    {
        if (_clock.GetElapsedTime(started) > limit)
        {
            throw new DetectionFailedException(recognizer, "ran over its time");
        }
    }

    private static void Run(IRecognizer recognizer, Scan scan)
    {
        try
        {
            recognizer.Find(scan);
        }
        catch (Exception e) // boundary: whatever breaks in a recognizer must block the text, and its message may quote it
        {
            throw new DetectionFailedException(recognizer.Name, $"broke ({e.GetType().Name})");
        }
    }

    private static List<PiiFinding> Findings(string original, Scan scan, ReadOnlySpan<Found> finds)
    {
        var places = new Utf16Places(original);
        var findings = new List<PiiFinding>(finds.Length);
        foreach (var found in finds)
        {
            var start = places.Of(scan.Text.StartOf(found.Start));
            findings.Add(new PiiFinding(found.Type, start, places.Of(scan.Text.EndOf(found.End)), Math.Round(found.Score, 2), found.Why));
        }
        return findings;
    }
}
