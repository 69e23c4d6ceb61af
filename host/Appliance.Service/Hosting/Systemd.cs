using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Appliance.Service.Hosting;

/// <summary>Tells systemd how the service is; does nothing where systemd did not start it.</summary>
/// <remarks>Source: sd_notify(3), one datagram to the socket that NOTIFY_SOCKET names.</remarks>
internal sealed class Systemd
{
    private readonly string? _address = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    /// <summary>Half of the time within which a sign of life is due, or null without a watchdog.</summary>
    internal TimeSpan? WatchdogInterval { get; } =
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out var microseconds)
            ? TimeSpan.FromMicroseconds(microseconds / 2.0)
            : null;

    internal void Ready() => Send("READY=1");

    internal void Stopping() => Send("STOPPING=1");

    internal void Alive() => Send("WATCHDOG=1");

    internal void Status(string text) => Send("STATUS=" + text);

    private void Send(string message)
    {
        if (string.IsNullOrEmpty(_address))
        {
            return;
        }
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var path = _address[0] == '@' ? "\0" + _address[1..] : _address;
        socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(path));
    }
}
