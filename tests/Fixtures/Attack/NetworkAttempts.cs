using System.Net;
using System.Net.Sockets;
using Appliance.Sdk.Plugins;

namespace Appliance.Fixtures.Attack;

/// <summary>Every kind of socket, and what listens on this machine. Fields: port, abstract, listener.</summary>
internal static class NetworkAttempts
{
    private const int Stream = 1, Datagram = 2, Raw = 3;

    internal static readonly Dictionary<string, Func<TaskInput, bool>> All = new()
    {
        ["tcp-connect"] = i => Connected(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, int.Parse(i["port"]))),
        ["tcp-listen"] = _ => Listening(),
        ["udp-send"] = i => Sent(int.Parse(i["port"])),
        ["inet-stream"] = _ => Kernel.Opens(41, 2, Stream),
        ["inet-datagram"] = _ => Kernel.Opens(41, 2, Datagram),
        ["inet6-stream"] = _ => Kernel.Opens(41, 10, Stream),
        ["inet6-datagram"] = _ => Kernel.Opens(41, 10, Datagram),
        ["raw-icmp"] = _ => Kernel.Opens(41, 2, Raw, 1),
        ["packet"] = _ => Kernel.Opens(41, 17, Raw, 0x300),
        ["netlink"] = _ => Kernel.Opens(41, 16, Raw, 0),
        ["netlink-audit"] = _ => Kernel.Opens(41, 16, Raw, 9),
        ["netlink-uevent"] = _ => Kernel.Opens(41, 16, Datagram, 15),
        ["vsock"] = _ => Kernel.Opens(41, 40, Stream),
        ["crypto"] = _ => Kernel.Opens(41, 38, 5),
        ["abstract-socket"] = i => Connected(AddressFamily.Unix, new UnixDomainSocketEndPoint("\0" + i["abstract"])),
        ["path-socket"] = i => Connected(AddressFamily.Unix, new UnixDomainSocketEndPoint(i["listener"])),
        ["io-uring"] = _ => Kernel.WithRoom(256, room => Kernel.Opens(425, 4, room)),
        ["name-lookup"] = _ => Dns.GetHostAddresses("localhost").Length > 0 && Kernel.Opens(41, 2, Datagram),
    };

    private static bool Connected(AddressFamily family, EndPoint place)
    {
        using var socket = new Socket(family, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(place);
        return true;
    }

    private static bool Listening()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return true;
    }

    private static bool Sent(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        return socket.SendTo([1], new IPEndPoint(IPAddress.Loopback, port)) == 1;
    }
}
