using System.Net.Sockets;
using Appliance.Domain.Plugins;

namespace Appliance.Workers.Launching;

/// <summary>A worker that systemd starts when its socket is asked: a user, a network namespace and limits of its own, and no right for the host.</summary>
/// <remarks>The host cannot signal it: closing the socket ends it, because a thread of the worker does nothing but wait for that.</remarks>
internal sealed class SystemdLauncher(string folder) : ILauncher
{
    internal static string SocketOf(string folder, InstalledPlugin? plugin) => Path.Combine(folder, $"{plugin?.Manifest.Id ?? "inspect"}.sock");

    public Launched Launch(InstalledPlugin? plugin)
    {
        var path = SocketOf(folder, plugin);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new Launched(socket, new Distant(socket));
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw new WorkerException("worker_died", $"Nobody listens on {path}. Install the plugin's units: appliance plugin units {plugin?.Manifest.Id ?? "inspect"}");
        }
    }

    private sealed class Distant(Socket socket) : IWorkerProcess
    {
        private volatile bool _ended;

        public long ResidentBytes => 0;

        public bool IsAlive => !_ended && socket.Connected && !(socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);

        public void Kill()
        {
            _ended = true;
            socket.Dispose();
        }

        public Task WaitForExitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _ended = true;
    }
}
