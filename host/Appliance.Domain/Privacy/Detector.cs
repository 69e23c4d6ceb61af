using System.Text;
using System.Text.Unicode;
using Appliance.Domain.Privacy.Cues;
using Appliance.Domain.Privacy.Recognizers;
using Appliance.Domain.Privacy.Scanning;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Domain.Privacy;

/// <summary>Runs every recognizer over a text and settles where findings overlap; coverage is never dropped.</summary>
/// <remarks>
/// 1 the text as UTF-8; 2 its normalised view; 3 one pass that cuts it into tokens; 4 the recognizers, each over view and tokens;
/// 5 what web addresses carry, overlaps; 6 places of the original. A recognizer that throws or runs over time blocks the text: <see cref="DetectionFailedException"/>, no result.
/// </remarks>
public sealed class Detector
{
    /// <summary>Longest text that is scanned, in bytes of UTF-8; longer ones are refused, not cut.</summary>
    public const int BytesMax = 1 << 28;

    /// <summary>Texts longer than this are read in pieces, in bytes.</summary>
    internal const int PieceBytes = 1 << 20;

    private const int LongBytes = 1 << 14, LargeBytes = 1 << 16;

    // Arrays are kept from text to text: one scan a thread for what is short, one in the process for what is large, since it takes up to 100 MB.
    [ThreadStatic]
    private static Scan? _last;
    private static Scan? _large;

    private readonly int _pieceBytes;
    private readonly (Action<Scan> Find, string Name)[] _recognizers; // as delegates: a call of an interface with fifteen kinds behind it costs as much as a short text
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;

    /// <summary>With all recognizers of the appliance.</summary>
    /// <param name="limit">Longest time for one text.</param>
    public Detector(TimeProvider clock, TimeSpan limit)
        : this(Standard, clock, limit)
    {
    }

    internal Detector(IReadOnlyList<IRecognizer> recognizers, TimeProvider clock, TimeSpan limit, int pieceBytes = PieceBytes) =>
        (_recognizers, _clock, _limit, _pieceBytes) = ([.. recognizers.Select(r => ((Action<Scan>)r.Find, r.Name))], clock, limit, pieceBytes);

    /// <summary>With the rules alone: everything that has a form or a checksum, but no names, places and addresses; about three times as fast.</summary>
    /// <param name="limit">Longest time for one text.</param>
    public static Detector OfRules(TimeProvider clock, TimeSpan limit) => new(Structured, clock, limit);

    /// <summary>Rules alone: everything with a form or a checksum.</summary>
    internal static IReadOnlyList<IRecognizer> Structured { get; } =
    [
        new SecretRecognizer(), new EmailRecognizer(), new UrlRecognizer(), new NetworkRecognizer(), new CodeRecognizer(), new SpelledRecognizer(), new SpokenRecognizer(),
        new WrappedRecognizer(), new MisreadRecognizer(), new ContactRecognizer(), new HealthMessageRecognizer(), new CryptoRecognizer(), new PhoneRecognizer(), new DateRecognizer(), new AgeRecognizer(), new PlaceRecognizer(),
    ];

    /// <summary>All recognizers of the appliance.</summary>
    internal static IReadOnlyList<IRecognizer> Standard { get; } = [.. Structured, new OriginRecognizer(), new AddressRecognizer(), new AddressLines(), new KeyedNameRecognizer(), new NameRecognizer()];

    /// <summary>The words that any of them waits for, by who does.</summary>
    internal static WordFilter Awaited { get; } = new([.. Enum.GetValues<Waiting>().Where(w => w != Waiting.Nobody).Select(w => Standard.Where(r => r.Waits == w).SelectMany(r => r.Awaits))]);

    /// <summary>The findings in the original text, sorted, without overlaps.</summary>
    /// <param name="label">The column or key that the text stands under; empty for none.</param>
    /// <param name="rules">Of the site; what they exempt is found all the same: <see cref="Redactor"/> leaves it.</param>
    /// <exception cref="DetectionFailedException">The text is too long, or a recognizer broke or ran over time.</exception>
    public IReadOnlyList<PiiFinding> Find(Sensitive<string> text, string label = "", DetectionRules? rules = null) =>
        FindIn(Encoding.UTF8.GetBytes(text.Reveal()), PlaceUnit.Utf16, label, rules);

    /// <summary>The same in a text as UTF-8, with places in the unit that the caller counts in.</summary>
    /// <exception cref="DetectionFailedException">The text is too long or no UTF-8, or a recognizer broke or ran over time.</exception>
    public IReadOnlyList<PiiFinding> Find(Sensitive<ReadOnlyMemory<byte>> utf8, PlaceUnit unit, string label = "", DetectionRules? rules = null) =>
        Utf8.IsValid(utf8.Reveal().Span) ? FindIn(utf8.Reveal(), unit, label, rules) : throw DetectionFailedException.Refused("is not UTF-8");

    private List<PiiFinding> FindIn(ReadOnlyMemory<byte> utf8, PlaceUnit unit, string label, DetectionRules? rules)
    {
        if (utf8.Length > BytesMax)
        {
            throw DetectionFailedException.Refused($"is longer than {BytesMax >> 20} MiB: cut it into several");
        }
        var (scan, cues, most) = (Take(utf8.Length), CueLexicon.OfLabel(label), (rules ?? DetectionRules.None).FindsMax);
        try
        {
            var found = utf8.Length <= _pieceBytes ? InOriginal(scan, Find(scan, utf8, cues, rules)) : LongText.Find(utf8, _pieceBytes, scan, piece => Find(scan, piece, cues, rules));
            most *= 1 + (utf8.Length / _pieceBytes);
            return found.Count <= most ? Findings(utf8.Span, unit, found) : throw DetectionFailedException.Refused($"has more finds than the {most} that the policy allows");
        }
        finally
        {
            Keep(scan, utf8.Length);
        }
    }

    // Nobody else has it meanwhile.
    private static Scan Take(int bytes)
    {
        var kept = bytes > LargeBytes ? Interlocked.Exchange(ref _large, null) : _last;
        _last = bytes > LargeBytes ? _last : null;
        return kept ?? new Scan();
    }

    private static void Keep(Scan scan, int bytes)
    {
        scan.Forget();
        if (bytes > LargeBytes)
        {
            Interlocked.Exchange(ref _large, scan);
        }
        else
        {
            _last = scan;
        }
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
        ThrowIfLate(started, limit, null);
        Carried.Split(scan);
        return Overlaps.Settle(scan.Finds, scan.View);
    }

    private void ThrowIfLate(long started, TimeSpan limit, string? recognizer)
    {
        if (_clock.GetElapsedTime(started) > limit)
        {
            throw recognizer is null ? DetectionFailedException.Refused($"took longer than {limit.TotalSeconds:0.#} s") : new DetectionFailedException(recognizer, "ran over its time");
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

    private static List<Found> InOriginal(Scan scan, int count)
    {
        var all = new List<Found>(count);
        foreach (var found in scan.Finds[..count])
        {
            all.Add(found with { Start = scan.Text.StartOf(found.Start), End = scan.Text.EndOf(found.End) });
        }
        return all;
    }

    private static List<PiiFinding> Findings(ReadOnlySpan<byte> utf8, PlaceUnit unit, List<Found> finds)
    {
        var places = new Places(utf8, unit);
        var findings = new List<PiiFinding>(finds.Count);
        foreach (var found in finds)
        {
            var start = places.Of(found.Start);
            findings.Add(new PiiFinding(found.Type, start, places.Of(found.End), Math.Round(found.Score, 2), found.Why));
        }
        return findings;
    }
}
