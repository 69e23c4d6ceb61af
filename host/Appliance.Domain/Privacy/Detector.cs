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
    private readonly (Action<Scan> Find, string Name)[] _recognizers; // as delegates: a call of an interface with fifteen kinds behind it costs as much as a short text
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;

    /// <summary>With all recognizers of the appliance.</summary>
    /// <param name="limit">Longest time for one text.</param>
    public Detector(TimeProvider clock, TimeSpan limit)
        : this(Standard, clock, limit)
    {
    }

    internal Detector(IReadOnlyList<IRecognizer> recognizers, TimeProvider clock, TimeSpan limit) =>
        (_recognizers, _clock, _limit) = ([.. recognizers.Select(r => ((Action<Scan>)r.Find, r.Name))], clock, limit);

    /// <summary>Rules alone: everything with a form or a checksum.</summary>
    internal static IReadOnlyList<IRecognizer> Structured { get; } =
    [
        new SecretRecognizer(), new EmailRecognizer(), new UrlRecognizer(), new NetworkRecognizer(), new CodeRecognizer(), new CryptoRecognizer(),
        new PhoneRecognizer(), new DateRecognizer(), new AgeRecognizer(), new PlaceRecognizer(),
    ];

    /// <summary>All recognizers of the appliance.</summary>
    internal static IReadOnlyList<IRecognizer> Standard { get; } = [.. Structured, new OriginRecognizer(), new AddressRecognizer(), new AddressLines(), new NameRecognizer()];

    /// <summary>The words that any of them waits for, by who does.</summary>
    internal static WordFilter Awaited { get; } = new([.. Enum.GetValues<Waiting>().Where(w => w != Waiting.Nobody).Select(w => Standard.Where(r => r.Waits == w).SelectMany(r => r.Awaits))]);

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
            Run(own.Find, own.Name, scan);
        }
        foreach (var (find, name) in _recognizers)
        {
            Run(find, name, scan);
            if (utf8.Length > LongBytes)
            {
                ThrowIfLate(started, limit, name);
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

    private static void Run(Action<Scan> find, string name, Scan scan)
    {
        try
        {
            find(scan);
        }
        catch (Exception e) // boundary: whatever breaks in a recognizer must block the text, and its message may quote it
        {
            throw new DetectionFailedException(name, $"broke ({e.GetType().Name})");
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
