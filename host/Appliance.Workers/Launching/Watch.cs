using System.Globalization;
using System.Text.RegularExpressions;

namespace Appliance.Workers.Launching;

/// <summary>Reads what strace wrote down of a worker: what it tried, whether or not the sandbox let it.</summary>
/// <remarks>strace sees a call before the filter does, so a plugin that swallows its refusals is seen as well.</remarks>
internal static partial class Watch
{
    internal const string Program = "/usr/bin/strace";
    private const int AttemptsMax = 5;

    // What the loader, the runtime and libtorch look at in every process.
    private static readonly string[] Runtime =
    [
        "/proc/", "/sys/", "/dev/", "/usr/", "/lib", "/etc/ld.so", "/etc/localtime", "/etc/alternatives", "/tmp", "/etc/dotnet/", "/etc/nsswitch.conf", "/etc/passwd", "/etc/libnl/", "/etc/gcrypt/",
    ];

    private static readonly string[] Scratch = ["/tmp", "/dev/shm", "/dev/null", "/proc/self"];

    internal static bool IsInstalled => File.Exists(Program);

    internal static IEnumerable<string> Arguments(string file) =>
        ["-f", "-qq", "-Y", "-s", "256", "-o", file, "-e", "trace=socket,connect,open,openat,creat,unlink,unlinkat,rename,renameat2,mkdir,execve"];

    /// <summary>What nobody asked the worker to do, in the words of its calls; at most five.</summary>
    /// <param name="lines">Of the trace.</param>
    /// <param name="own">Folders that it may read: the programs, its package, the runtime.</param>
    internal static IReadOnlyList<string> Attempts(IEnumerable<string> lines, IReadOnlyList<string> own) =>
        [.. lines.Where(l => !l.Contains("<bwrap>", StringComparison.Ordinal) && !l.Contains($"execve(\"{Bubblewrap.Program}\"", StringComparison.Ordinal)).Select(l => Attempt(l, own)).OfType<string>().Distinct().Take(AttemptsMax)];

    private static string? Attempt(string line, IReadOnlyList<string> own)
    {
        var call = Call().Match(line);
        if (!call.Success)
        {
            return null;
        }
        var (name, arguments) = (call.Groups["name"].Value, call.Groups["arguments"].Value);
        if (name is "socket" or "connect")
        {
            // .NET asks once a process whether there is IPv4 and IPv6, with a socket that it closes again.
            return arguments.Contains("AF_UNIX", StringComparison.Ordinal) || (name == "socket" && arguments.Contains("SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP", StringComparison.Ordinal))
                ? null : string.Create(CultureInfo.InvariantCulture, $"{name}({arguments.Split(')')[0]})");
        }
        if (Quoted().Match(arguments) is not { Success: true } path)
        {
            return null;
        }
        var target = path.Groups[1].Value;
        var writes = !name.StartsWith("open", StringComparison.Ordinal) || arguments.Contains("O_WRONLY", StringComparison.Ordinal)
            || arguments.Contains("O_RDWR", StringComparison.Ordinal) || arguments.Contains("O_CREAT", StringComparison.Ordinal);
        var allowed = name == "execve" ? own : writes ? Scratch : [.. Runtime, .. own];
        return !target.StartsWith('/') || target == "/" || allowed.Any(f => target.StartsWith(f, StringComparison.Ordinal) || f.StartsWith(target.TrimEnd('/') + "/", StringComparison.Ordinal))
            ? null : $"{name}({target})";
    }

    [GeneratedRegex(@"^[0-9]+(<[^>]*>)? +(?<name>[a-z0-9]+)\((?<arguments>.*)", RegexOptions.NonBacktracking)]
    private static partial Regex Call();

    [GeneratedRegex("\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
