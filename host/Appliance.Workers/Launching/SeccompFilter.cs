using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Appliance.Workers.Launching;

/// <summary>The system calls that a worker may not make, as a classic BPF program that the kernel runs before each call.</summary>
/// <remarks>
/// A second wall behind the namespaces: they take away what could be reached, this takes away the calls that reach. No socket but AF_UNIX
/// (an empty network namespace still has a loopback), no new process, no new namespace, no mount, no tracing, no keys, no io_uring.
/// Numbers: the kernel's syscall tables. Layout of an instruction: code u16, jump-true u8, jump-false u8, k u32; linux/filter.h.
/// </remarks>
internal static class SeccompFilter
{
    private const uint Allow = 0x7FFF0000, Kill = 0x80000000, Refuse = 0x00050001 /* EPERM */, NotThere = 0x00050026 /* ENOSYS */;
    private const ushort Load = 0x20, IfEqual = 0x15, IfAtLeast = 0x35, IfAnyBit = 0x45, Return = 0x06;
    private const uint NumberAt = 0, ArchitectureAt = 4, FirstArgumentAt = 16;
    private const uint UnixFamily = 1, Thread = 0x10000, OtherAbi = 0x40000000;

    private static readonly Table X64 = new(
        0xC000003E, Socket: [41, 53], NewTask: 56, NoProcess: [57, 58],
        Refused:
        [
            101, 135, 153, 154, 155, 159, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 103, 212, 227, 246, 248, 249, 250,
            272, 298, 300, 303, 304, 305, 308, 310, 311, 312, 313, 320, 321, 322, 323, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 442,
        ]);

    private static readonly Table Arm64 = new(
        0xC00000B7, Socket: [198, 199], NewTask: 220, NoProcess: [],
        Refused:
        [
            39, 40, 41, 51, 58, 60, 89, 92, 97, 104, 105, 106, 112, 116, 117, 142, 161, 162, 170, 171, 217, 218, 219, 224, 225, 241, 262, 264, 265, 266,
            268, 270, 271, 272, 273, 280, 281, 282, 294, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 442,
        ]);

    private const uint Clone3 = 435;

    /// <summary>The program for this machine's processor.</summary>
    /// <exception cref="PlatformNotSupportedException">Neither x86-64 nor ARM64.</exception>
    internal static byte[] Bytes() => Bytes(RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => X64,
        Architecture.Arm64 => Arm64,
        var other => throw new PlatformNotSupportedException($"There is no system-call filter for {other}: workers cannot be closed in."),
    });

    private static byte[] Bytes(Table table)
    {
        var program = new Program();

        // 1 Another architecture's numbers mean other calls: such a call ends the process.
        program.Add(Load, ArchitectureAt).Add(IfEqual, table.Architecture, 1, 0).Add(Return, Kill).Add(Load, NumberAt);
        program.When(IfAtLeast, OtherAbi, Refuse);

        // 2 Sockets of one family, threads and no processes. clone3 hides its flags: libc goes back to clone.
        foreach (var number in table.Socket)
        {
            program.WhenArgument(number, IfEqual, UnixFamily);
        }
        program.WhenArgument(table.NewTask, IfAnyBit, Thread);
        program.When(IfEqual, Clone3, NotThere);

        // 3 The rest by number.
        foreach (var number in table.NoProcess.Concat(table.Refused))
        {
            program.When(IfEqual, number, Refuse);
        }
        return program.Add(Return, Allow).ToBytes();
    }

    /// <param name="Architecture">As audit.h names it.</param>
    /// <param name="Socket">socket and socketpair.</param>
    /// <param name="NewTask">clone, which makes threads and processes.</param>
    /// <param name="NoProcess">fork and vfork, where they exist.</param>
    private sealed record Table(uint Architecture, uint[] Socket, uint NewTask, uint[] NoProcess, uint[] Refused);

    private sealed class Program
    {
        private readonly List<(ushort Code, byte True, byte False, uint Value)> _lines = [];

        internal Program Add(ushort code, uint value, byte whenTrue = 0, byte whenFalse = 0)
        {
            _lines.Add((code, whenTrue, whenFalse, value));
            return this;
        }

        internal void When(ushort test, uint value, uint verdict) => Add(test, value, 0, 1).Add(Return, verdict);

        // The first argument must pass the test, or the call is refused.
        internal void WhenArgument(uint number, ushort test, uint value) =>
            Add(IfEqual, number, 0, 4).Add(Load, FirstArgumentAt).Add(test, value, 1, 0).Add(Return, Refuse).Add(Return, Allow);

        internal byte[] ToBytes()
        {
            var bytes = new byte[_lines.Count * 8];
            foreach (var (k, (code, yes, no, value)) in _lines.Index())
            {
                var line = bytes.AsSpan(k * 8);
                BinaryPrimitives.WriteUInt16LittleEndian(line, code);
                (line[2], line[3]) = (yes, no);
                BinaryPrimitives.WriteUInt32LittleEndian(line[4..], value);
            }
            return bytes;
        }
    }
}
