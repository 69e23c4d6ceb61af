using System.Buffers.Binary;
using System.Net.Sockets;
using Appliance.Domain;

namespace Appliance.Service.Hosting;

/// <summary>Says who is at the other end of a connection; the kernel knows, no password is needed.</summary>
internal sealed class Callers
{
    private const int SolSocket = 1;
    private const int PeerCredentials = 17;
    private const int PeerGroups = 59;
    private const int GroupsMax = 1024;
    private static readonly string[] Roles = ["approver", "operator", "auditor", "client"];
    private readonly Dictionary<uint, string> _roleOfGroup = [];
    private readonly uint _ownUser;

    private Callers(uint ownUser) => _ownUser = ownUser;

    /// <summary>The service's own user and root are operators; members of the groups <c>appliance-ROLE</c> have that role.</summary>
    internal static Callers Read(uint ownUser)
    {
        var callers = new Callers(ownUser);
        foreach (var line in File.Exists("/etc/group") ? File.ReadLines("/etc/group") : [])
        {
            if (line.Split(':') is [var name, _, var id, ..] && name.StartsWith("appliance-", StringComparison.Ordinal)
                && Roles.Contains(name["appliance-".Length..]) && uint.TryParse(id, out var group))
            {
                callers._roleOfGroup[group] = name["appliance-".Length..];
            }
        }
        return callers;
    }

    /// <returns>The caller, or null when the user has no role here.</returns>
    internal Caller? Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12]; // pid, uid, gid
        socket.GetRawSocketOption(SolSocket, PeerCredentials, credentials);
        var user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        var id = $"uid:{user}";
        if (user == _ownUser || user == 0)
        {
            return new Caller(id, "operator");
        }
        var groups = new byte[4 * GroupsMax];
        var length = socket.GetRawSocketOption(SolSocket, PeerGroups, groups);
        var held = Enumerable.Range(0, length / 4).Select(k => BinaryPrimitives.ReadUInt32LittleEndian(groups.AsSpan(4 * k)))
            .Append(BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]))
            .Select(g => _roleOfGroup.GetValueOrDefault(g)).ToHashSet();
        return Roles.FirstOrDefault(held.Contains) is { } role ? new Caller(id, role) : null;
    }
}
