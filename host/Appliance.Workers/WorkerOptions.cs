using System.ComponentModel.DataAnnotations;
using Appliance.Workers.Launching;

namespace Appliance.Workers;

/// <summary>Where workers come from and what they may take.</summary>
public sealed class WorkerOptions
{
    /// <summary>The worker program. Default: <c>appliance-worker</c> beside the host.</summary>
    [Required]
    public string Program { get; set; } = Path.Combine(AppContext.BaseDirectory, "appliance-worker");

    /// <summary>Folder with one folder a plugin. Default: <c>plugins</c> beside the host.</summary>
    [Required]
    public string PluginsFolder { get; set; } = Path.Combine(AppContext.BaseDirectory, "plugins");

    /// <summary><c>cpu</c> (default), <c>cuda</c> or <c>cuda:N</c>.</summary>
    [Required, RegularExpression(@"^(cpu|cuda(:\d{1,2})?)$")]
    public string Device { get; set; } = "cpu";

    /// <summary>Threads of one worker, 1 to 256; 0 (default) for one per processor.</summary>
    [Range(0, 256)]
    public int Threads { get; set; }

    /// <summary>Longest time for one answer, 100 ms to 10 minutes. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest silence of a training worker, 1 s to 2 hours. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan SilenceWithin { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest time to start a worker and load its plugin, 1 s to 5 minutes. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan StartWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that may wait for one worker, 1 to 10,000; more are refused as busy. Default 64.</summary>
    [Range(1, 10_000)]
    public int WaitingMax { get; set; } = 64;

    /// <summary>Deaths of one plugin's workers within ten minutes that end its service, 2 to 1,000. Default 5.</summary>
    [Range(2, 1000)]
    public int DeathsMax { get; set; } = 5;

    /// <summary>How workers are closed in. Default <c>Auto</c>: the plugin's unit, else bubblewrap, else nothing runs.</summary>
    [EnumDataType(typeof(SandboxKind))]
    public SandboxKind Sandbox { get; set; } = SandboxKind.Auto;

    /// <summary>Where systemd listens for the plugins, NAME.sock each. Default <c>/run/appliance-workers</c>.</summary>
    [Required]
    public string SocketsFolder { get; set; } = "/run/appliance-workers";

    /// <summary>Memory that one worker may fill, 256 to 16,777,216 MiB; 0 (default) for three quarters of the machine's.</summary>
    [Range(0, 16_777_216)]
    public int MemoryMegabytes { get; set; }

    /// <summary>Threads of one worker, 64 to 65,536. Default 512.</summary>
    [Range(64, 65_536)]
    public int TasksMax { get; set; } = 512;

    /// <summary>What one worker may write to its scratch, 1 to 65,536 MiB. Default 64.</summary>
    [Range(1, 65_536)]
    public int ScratchMegabytes { get; set; } = 64;

    /// <summary>For the check of a plugin: the file that gets every open, socket and program that its worker tries; null (default) watches nothing.</summary>
    internal string? WatchFile { get; set; }
}
