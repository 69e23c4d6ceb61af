using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Tui.Core;

/// <summary>The terminal in raw mode on its alternate screen; however the program ends, it is put back as it was.</summary>
public sealed unsafe partial class Term : IDisposable
{
    private const int TermiosBytes = 256; // larger than any platform's struct: it is only carried, never read
    private const int GetWindowSize = 0x5413;
    private const string EnterScreen = "\e[?1049h\e[?2004h\e[2J\e[H";
    private const string LeaveScreen = "\e[0m\e[?2026l\e[?2004l\e[?25h\e[?1049l";
    private readonly byte[] _before = new byte[TermiosBytes];
    private readonly Lock _lock = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _raw;

    /// <param name="stop">Called when the system asks the program to end; the screen is restored by then.</param>
    /// <param name="resized">Called when the window's size has changed.</param>
    public Term(Action<int> stop, Action resized)
    {
        foreach (var (signal, code) in new[] { (PosixSignal.SIGTERM, 143), (PosixSignal.SIGHUP, 129), (PosixSignal.SIGINT, 130), (PosixSignal.SIGQUIT, 131) })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Leave();
                stop(code);
            }));
        }
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => resized()));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Leave();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => Leave();
        Enter();
    }

    /// <summary>Whether standard input and output are a terminal.</summary>
    public static bool IsPresent => isatty(0) == 1 && isatty(1) == 1;

    /// <summary>Columns and rows; 80×24 where the terminal does not say.</summary>
    public static (int Width, int Height) Size()
    {
        ushort* size = stackalloc ushort[4];
        return ioctl(1, GetWindowSize, size) == 0 && size[1] > 0 && size[0] > 0 ? (size[1], size[0]) : (80, 24);
    }

    public void Enter()
    {
        lock (_lock)
        {
            if (_raw)
            {
                return;
            }
            var raw = new byte[TermiosBytes];
            fixed (byte* before = _before, changed = raw)
            {
                if (tcgetattr(0, before) == 0)
                {
                    _before.CopyTo(raw, 0);
                    cfmakeraw(changed);
                    tcsetattr(0, 0, changed);
                }
            }
            _raw = true;
            Write(EnterScreen);
        }
    }

    /// <summary>Puts the terminal back; any number of times, from any thread.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (!_raw)
            {
                return;
            }
            _raw = false;
            Write(LeaveScreen);
            fixed (byte* before = _before)
            {
                tcsetattr(0, 0, before);
            }
        }
    }

    /// <summary>ctrl-z: back to the shell, and on again with fg.</summary>
    public void Suspend()
    {
        Leave();
        kill(0, 20 /* SIGTSTP, to the whole foreground group as the terminal would */);
        Enter();
    }

    /// <summary>One write a frame.</summary>
    public static void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
        fixed (byte* p = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var n = write(1, p + done, bytes.Length - done);
                if (n <= 0)
                {
                    return; // the terminal is gone
                }
                done += n;
            }
        }
    }

    /// <summary>Waits for input and reads what is there; empty at the end of input.</summary>
    /// <param name="milliseconds">Longest wait, or −1 without end.</param>
    /// <returns>The bytes, empty at the end, or null when nothing came in time.</returns>
    public static byte[]? Read(int milliseconds)
    {
        var poll = new PollDescriptor { Descriptor = 0, Events = 1 };
        if (Term.poll(&poll, 1, milliseconds) <= 0)
        {
            return null;
        }
        var buffer = new byte[1024];
        fixed (byte* p = buffer)
        {
            var n = read(0, p, buffer.Length);
            return n > 0 ? buffer[..(int)n] : [];
        }
    }

    public void Dispose()
    {
        Leave();
        _signals.ForEach(s => s.Dispose());
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc")] private static partial int isatty(int fd);
    [LibraryImport("libc")] private static partial int tcgetattr(int fd, byte* termios);
    [LibraryImport("libc")] private static partial int tcsetattr(int fd, int when, byte* termios);
    [LibraryImport("libc")] private static partial void cfmakeraw(byte* termios);
    [LibraryImport("libc")] private static partial int ioctl(int fd, nuint request, void* argument);
    [LibraryImport("libc")] private static partial nint write(int fd, byte* data, nint count);
    [LibraryImport("libc")] private static partial nint read(int fd, byte* data, nint count);
    [LibraryImport("libc")] private static partial int poll(PollDescriptor* descriptors, nuint count, int timeout);
    [LibraryImport("libc")] private static partial int kill(int pid, int signal);
}
