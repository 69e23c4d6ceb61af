using Appliance.Verifier;
using Microsoft.Data.Sqlite;

// The auditor's own tool: reads a log, public keys and checkpoints that were kept outside of the machine.
const string Usage = """
    Usage: appliance-verify LOG... --public-key FILE [--checkpoint FILE]... [--witness-key FILE]...
           appliance-verify check PROOF --public-key FILE [--witness-key FILE]...
           appliance-verify witness init DIR NAME
           appliance-verify witness sign DIR REQUEST --public-key FILE

      LOG           the folder of the log, or its files: audit.db (with its -wal file, if there is one) and audit-NNNNNN.db
      --public-key  the key that you got when the appliance was installed, not the one that lies beside the log
      --checkpoint  a signed checkpoint that you kept elsewhere: only it can prove that nothing was cut off or replaced
      --witness-key the public key of a witness whose signatures you trust; what it signed counts like a checkpoint of yours
      check         one record from `appliance audit prove`, without the log
      witness       be a witness: sign what `appliance audit witness` prints, if the log goes on from what was seen here before

    Exit: 0 integrity and completeness ok (or proof ok, or signed), 4 a check failed, 2 wrong usage.
    """;

var (words, keyFiles, notes, witnessFiles) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
for (var k = 0; k < args.Length; k++)
{
    var into = args[k] switch { "--public-key" => keyFiles, "--checkpoint" => notes, "--witness-key" => witnessFiles, _ => words };
    if (into != words && ++k == args.Length || into == words && args[k].StartsWith('-'))
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
    into.Add(args[k]);
}
try
{
    if (words is ["witness", "init", var folder, var name])
    {
        return new Witness(folder).Make(name, Console.Out);
    }
    if (words.Count == 0 || keyFiles.Count == 0)
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
    var keys = keyFiles.SelectMany(NoteKey.ReadFile).ToArray();
    var witnesses = witnessFiles.SelectMany(NoteKey.ReadFile).ToArray();
    return words switch
    {
        ["check", var proof] => ProofFile.Check(proof, keys, witnesses, Console.Out),
        ["witness", "sign", var dir, var request] => new Witness(dir).Sign(request, keys, Console.Out, Console.Error, TimeProvider.System.GetUtcNow()),
        _ => Verify(words, new Evidence(keys, notes, witnesses)),
    };
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (SqliteException)
{
    Console.WriteLine("integrity: broken at 1 (a file is no audit database, or it is damaged)");
    Console.WriteLine("completeness: unknown");
    return 4;
}

static string[] Files(IReadOnlyList<string> given) =>
    [.. given.SelectMany(g => Directory.Exists(g) ? Directory.GetFiles(g, "audit-*.db").Concat(Directory.GetFiles(g, "audit.db")) : [g]).Order(StringComparer.Ordinal)];

// A log that is in use may seal a segment while it is read: then what was said holds for no moment, and it is read again.
static int Verify(IReadOnlyList<string> given, Evidence evidence)
{
    for (var round = 1; ; round++)
    {
        var (before, said) = (Files(given), new StringWriter());
        var code = VerifyOnce(before, given, evidence, said);
        if (round == 3 || before.SequenceEqual(Files(given)))
        {
            Console.Write(said);
            return code;
        }
    }
}

static int VerifyOnce(string[] paths, IReadOnlyList<string> given, Evidence evidence, TextWriter output)
{
    if (paths.FirstOrDefault(p => !File.Exists(p)) is { } missing || (missing = evidence.Checkpoints.FirstOrDefault(c => !File.Exists(c))) is not null)
    {
        throw new IOException($"There is no file {missing}.");
    }
    if (paths.Length == 0)
    {
        throw new IOException($"There is no log in {string.Join(", ", given)}: it has files audit.db and audit-NNNNNN.db.");
    }
    var files = paths.Select(p => new SegmentFile(p)).OrderBy(f => f.FirstSeq).ToArray();
    try
    {
        return Verification.Run(files, evidence, output);
    }
    finally
    {
        Array.ForEach(files, f => f.Dispose());
    }
}
