using Appliance.Verifier;
using Microsoft.Data.Sqlite;

// The auditor's own tool: reads a log, a public key and checkpoints that were kept outside of the machine.
const string Usage = """
    Usage: appliance-verify LOG --public-key FILE [--checkpoint FILE]...

      LOG           the audit database, or a copy of it (with its -wal file, if there is one)
      --public-key  the key that you got when the appliance was installed, not the one that lies beside the log
      --checkpoint  a signed checkpoint that you kept elsewhere: only it can prove that nothing was cut off or replaced

    Exit: 0 integrity and completeness ok, 4 a check failed, 2 wrong usage.
    """;

string? log = null, keyFile = null;
var noteFiles = new List<string>();
for (var k = 0; k < args.Length; k++)
{
    var more = k + 1 < args.Length;
    switch (args[k])
    {
        case "--public-key" when more: keyFile = args[++k]; break;
        case "--checkpoint" when more: noteFiles.Add(args[++k]); break;
        case var a when !a.StartsWith('-') && log is null: log = a; break;
        default: Console.Error.WriteLine(Usage); return 2;
    }
}
if (log is null || keyFile is null)
{
    Console.Error.WriteLine(Usage);
    return 2;
}
if (new[] { log, keyFile }.Concat(noteFiles).FirstOrDefault(f => !File.Exists(f)) is { } missing)
{
    Console.Error.WriteLine($"There is no file {missing}.");
    return 2;
}
try
{
    return Verification.Run(log, new Note(File.ReadAllText(keyFile)), noteFiles, Console.Out);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (SqliteException)
{
    Console.WriteLine("integrity: broken at 1 (the file is no audit database, or it is damaged)");
    Console.WriteLine("completeness: unknown");
    return 4;
}
