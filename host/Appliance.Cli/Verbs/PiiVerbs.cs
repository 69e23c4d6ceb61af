using System.CommandLine;
using Appliance.Domain.Policies;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Operations;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Cli.Verbs;

/// <summary><c>pii scan/redact/explain/reveal/report</c>: find and hide personal data without the service.</summary>
internal static class PiiVerbs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    internal static Command Build() => new("pii", "Find and hide personal data")
    {
        Verb("scan", "Where personal data stands", redact: false), Verb("redact", "The text without it", redact: true), Explain(), PiiTables.Report(), PiiTables.Back(),
    };

    /// <summary>What an option of an operator says, as the redactor takes it.</summary>
    /// <exception cref="ArgumentException">A kind or an operator is unknown, or a file cannot be used; the message says what to do.</exception>
    internal static (Redactor Redactor, RedactionPolicy Policy) Open(ParseResult parsed, PiiOptions options)
    {
        RedactionPolicy policy = new Dictionary<string, RedactionOperator>();
        if (parsed.GetValue(options.Preset) is { } preset)
        {
            var (read, errors) = RedactionPreset.Read(File.ReadAllText(preset));
            policy = read ?? throw new ArgumentException(string.Join('\n', errors));
        }
        var operators = policy.Operators.ToDictionary();
        foreach (var said in parsed.GetValue(options.Operators) ?? [])
        {
            var parts = said.Split('=');
            if (parts.Length != 2 || RedactionPreset.Operator(parts[1]) is not { } chosen)
            {
                throw new ArgumentException($"'{said}' is not KIND=OPERATOR, such as PERSON=pseudonymize.");
            }
            foreach (var kind in parts[0] == "ALL" ? EntityTypes.All : [parts[0]])
            {
                operators[EntityTypes.All.Contains(kind) ? kind : throw new ArgumentException($"No kind of personal data is called '{kind}'.")] = chosen;
            }
        }
        var keys = parsed.GetValue(options.Key) is { } file ? Key(file) : null;
        if (keys is null && operators.Values.Any(o => o is RedactionOperator.Hash or RedactionOperator.Encrypt or RedactionOperator.EncryptSame or RedactionOperator.FormatPreserve or RedactionOperator.Surrogate or RedactionOperator.DateShift))
        {
            throw new ArgumentException("This operator needs a key: --key FILE. Make one: head -c 32 /dev/urandom > FILE");
        }
        return (new Redactor(new Detector(TimeProvider.System, Limit), keys), policy.With(operators));
    }

    internal static RedactionKeys Key(string file) => new(File.ReadAllBytes(file));

    /// <summary>Says what went wrong in words, and the exit code for it.</summary>
    internal static async Task<int> GuardedAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is DetectionFailedException or ArgumentException or IOException or FormatException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return e is DetectionFailedException ? ExitCodes.Broken : ExitCodes.Usage;
        }
    }

    private static Command Verb(string name, string description, bool redact)
    {
        var lines = new Option<bool>("--jsonl") { Description = "Read and write one JSON object a line: id, text" };
        var offsets = new Option<string>("--offsets") { DefaultValueFactory = _ => "codepoint", Description = "What places count: codepoint, utf16 or utf8" };
        var structured = new Option<bool>("--structured") { Description = "Only what has a form or a checksum: no names, places and addresses; three times as fast" };
        var options = new PiiOptions();
        var command = new Command(name, description + " (text from standard input)") { lines, offsets };
        if (redact)
        {
            options.AddTo(command);
        }
        else
        {
            command.Options.Add(structured);
        }
        command.SetAction((parsed, cancellationToken) => GuardedAsync(async () =>
        {
            var unit = Unit(parsed.GetValue(offsets)!); // has a default
            using var output = Console.OpenStandardOutput();
            var streams = new PiiLines(Console.OpenStandardInput(), output, unit);
            if (!redact)
            {
                var detector = parsed.GetValue(structured) ? Detector.OfRules(TimeProvider.System, Limit) : new Detector(TimeProvider.System, Limit);
                await (parsed.GetValue(lines) ? streams.ScanAsync(detector, cancellationToken) : TextAsync(detector, unit, cancellationToken));
                return ExitCodes.Done;
            }
            var (redactor, policy) = Open(parsed, options);
            var numbering = redactor.Numbering(parsed.GetValue(options.Subject) ?? "");
            if (parsed.GetValue(lines))
            {
                await streams.RedactAsync(redactor, policy, numbering, cancellationToken);
            }
            else
            {
                await PiiTables.RedactAsync(redactor, policy, numbering, parsed, options, cancellationToken);
            }
            if (parsed.GetValue(options.Map) is { } map)
            {
                var key = Key(parsed.GetValue(options.Key) ?? throw new ArgumentException("--map needs --key: the map is kept sealed."));
                await File.WriteAllBytesAsync(map, SealedMap.Seal(numbering, key, parsed.GetValue(options.Purpose) ?? throw new ArgumentException("--map needs --purpose: what it may be opened for.")), cancellationToken);
            }
            return ExitCodes.Done;
        }));
        return command;
    }

    private static PlaceUnit Unit(string name) => name switch
    {
        "codepoint" => PlaceUnit.CodePoint,
        "utf16" => PlaceUnit.Utf16,
        "utf8" => PlaceUnit.Utf8,
        _ => throw new ArgumentException("--offsets is codepoint, utf16 or utf8."),
    };

    private static Command Explain()
    {
        var command = new Command("explain", "Each find with its rule, and never a part of the text (text from standard input)");
        command.SetAction((_, cancellationToken) => GuardedAsync(async () =>
        {
            var text = new Sensitive<string>(await Console.In.ReadToEndAsync(cancellationToken));
            foreach (var f in new Redactor(new Detector(TimeProvider.System, Limit)).Scan(text))
            {
                Console.WriteLine($"{f.EntityType} at {f.Start} to {f.End}: {f.Score:0.00} by {f.Why}{(f.Why.EndsWith("+cue", StringComparison.Ordinal) ? ", a word beside it announces it" : "")}");
            }
            return ExitCodes.Done;
        }));
        return command;
    }

    private static async Task TextAsync(Detector detector, PlaceUnit unit, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(all, cancellationToken);
        foreach (var finding in detector.Find(new Sensitive<ReadOnlyMemory<byte>>(all.GetBuffer().AsMemory(0, (int)all.Length)), unit))
        {
            Console.WriteLine($"{finding.Start,6}-{finding.End,-6} {finding.EntityType,-16} {finding.Score:0.00} {finding.Why}");
        }
    }
}
