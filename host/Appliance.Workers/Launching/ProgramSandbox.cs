using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Appliance.Workers.Launching;

/// <summary>How a program that a model wrote ended.</summary>
public enum ProgramEnd
{
    /// <summary>It ran to its last line.</summary>
    Passed,
    Failed,
    TimedOut,
}

/// <summary>Runs a program that nobody has read: in the workers' namespaces and under their system call filter, with nothing but its interpreter.</summary>
/// <param name="interpreter">A full path, such as <c>/usr/bin/python3</c>.</param>
/// <param name="arguments">What makes it read the program from standard input, such as <c>-I -</c>.</param>
public sealed class ProgramSandbox(string interpreter, IReadOnlyList<string> arguments, TimeSpan within)
{
    private const int OutputMax = 64 << 10;
    private const long Memory = 1L << 30, FileSize = 16 << 20;
    private const int Processes = 64, ScratchBytes = 16 << 20;

    /// <param name="program">Its text; a last line is added that proves that it got there.</param>
    /// <exception cref="FileNotFoundException">The interpreter, bubblewrap or prlimit is not installed.</exception>
    public async Task<ProgramEnd> RunAsync(string program, CancellationToken cancellationToken)
    {
        foreach (var needed in (string[])[interpreter, Bubblewrap.Program, "/usr/bin/prlimit"])
        {
            if (!File.Exists(needed))
            {
                throw new FileNotFoundException($"{needed} is not installed.");
            }
        }
        var proof = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var filter = MemoryFile.Of(SeccompFilter.Bytes());
        SocketPair.LetInherit(filter, true);
        using var process = ParentThread.Start(new ProcessStartInfo("/usr/bin/prlimit", Limits().Concat(Sandbox(filter.DangerousGetHandle().ToString())))
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        });
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(within);
        try
        {
            var said = TailAsync(process.StandardOutput.BaseStream, deadline.Token);
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            await process.StandardInput.WriteAsync($"{program}\nprint('{proof}')\n".AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 && (await said).TrimEnd().EndsWith(proof, StringComparison.Ordinal) ? ProgramEnd.Passed : ProgramEnd.Failed;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProgramEnd.TimedOut;
        }
        catch (IOException)
        {
            return ProgramEnd.Failed; // it closed its input before it had read its own text
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private string[] Limits() =>
    [
        $"--as={Memory}", $"--fsize={FileSize}", $"--nproc={Processes}", "--core=0",
        string.Create(CultureInfo.InvariantCulture, $"--cpu={Math.Max(1, (int)within.TotalSeconds)}"), Bubblewrap.Program,
    ];

    private IEnumerable<string> Sandbox(string filter) =>
    [
        .. Bubblewrap.Walls("program", filter),
        "--size", ScratchBytes.ToString(CultureInfo.InvariantCulture), "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev",
        .. Bubblewrap.ReadOnly(Bubblewrap.Libraries), "--symlink", "usr/lib", "/lib",
        "--ro-bind", File.ResolveLinkTarget(interpreter, returnFinalTarget: true)?.FullName ?? interpreter, interpreter,
        "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--clearenv", interpreter, .. arguments,
    ];

    // The end of what it printed: a program that prints forever fills no memory.
    private static async Task<string> TailAsync(Stream output, CancellationToken cancellationToken)
    {
        var (piece, tail) = (new byte[4096], new List<byte>());
        for (int read; (read = await output.ReadAsync(piece, cancellationToken)) > 0;)
        {
            tail.AddRange(piece.AsSpan(0, read));
            if (tail.Count > OutputMax)
            {
                tail.RemoveRange(0, tail.Count - (OutputMax / 2));
            }
        }
        return System.Text.Encoding.UTF8.GetString([.. tail]);
    }
}
