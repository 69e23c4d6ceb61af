using System.Collections;
using System.Runtime.InteropServices;

namespace Appliance.Torch.Beyond;

/// <summary>Begins this process again with another environment: same program, arguments and process id.</summary>
/// <remarks>Libraries read their variables when they are loaded, and glibc when the process starts; setting them later does nothing.</remarks>
public static unsafe partial class ProcessImage
{
    /// <summary>Does nothing where the environment is as wanted already, or where the system has no such call.</summary>
    /// <param name="marker">A variable that tells the second time from the first.</param>
    public static void RestartWith(string marker, IReadOnlyDictionary<string, string> set, IReadOnlyList<string> removed)
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(marker) is not null || Environment.ProcessPath is not { } program)
        {
            return;
        }
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(v => (string)v.Key, v => (string?)v.Value);
        foreach (var (name, value) in set)
        {
            variables[name] = value;
        }
        foreach (var name in removed)
        {
            variables.Remove(name);
        }
        variables[marker] = "1";
        var arguments = Native([.. Environment.GetCommandLineArgs().Select((a, k) => k == 0 ? program : a)]);
        _ = execve(program, arguments, Native([.. variables.Select(v => $"{v.Key}={v.Value}")])); // comes back only on failure: then we go on as we are
    }

    private static byte** Native(string[] texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (var k = 0; k < texts.Length; k++)
        {
            list[k] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[k]);
        }
        return list;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execve(string path, byte** arguments, byte** environment);
}
