using System.Net.Sockets;
using Appliance.Protocol;
using Appliance.Worker;

// The process that runs one plugin. Started by the host with one end of a socket pair; it has no other way out.
if (args is not ["--fd", var number, .. var rest] || !int.TryParse(number, out var descriptor) || OwnLimits.Read(rest) is not { } limits)
{
    Console.Error.WriteLine("This program is started by appliance-host. To use the appliance, type: appliance --help");
    return 2;
}
OwnLimits.Lower(limits);
HostWatch.Start(descriptor);
if (limits.ContainsKey("--seal"))
{
    OwnFilter.Seal();
}
using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
using var frames = new FrameStream(new SocketStream(socket));
try
{
    await new Session(frames, TimeProvider.System).RunAsync();
    return 0;
}
catch (Exception e) when (e is EndOfStreamException or IOException or SocketException)
{
    return 0; // the host is gone or has closed: nothing is left to do
}
