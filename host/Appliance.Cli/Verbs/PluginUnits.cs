namespace Appliance.Cli.Verbs;

/// <summary>A socket that only the host may open, and the service that systemd starts for each connection: one plugin, one template, one user.</summary>
internal static class PluginUnits
{
    internal static string Of(string id) => $"""
        # /etc/systemd/system/appliance-plugin-{id}.socket
        [Unit]
        Description=Appliance plugin {id}: where the host asks for a worker

        [Socket]
        ListenStream=/run/appliance-workers/{id}.sock
        SocketUser=appliance
        SocketMode=0600
        DirectoryMode=0755
        Accept=yes
        MaxConnections=8

        [Install]
        WantedBy=sockets.target

        # /etc/systemd/system/appliance-plugin-{id}@.service
        [Unit]
        Description=Appliance plugin {id}: one worker
        CollectMode=inactive-or-failed

        [Service]
        ExecStart=/usr/lib/appliance/appliance-worker --fd 0 --tasks 512 --file-mib 64 --seal 1
        StandardInput=socket
        StandardOutput=null
        StandardError=null
        User=aplug-{id}
        DynamicUser=yes

        # It may read the programs and its own packages, and write a scratch that ends with it.
        ProtectSystem=strict
        ProtectHome=yes
        TemporaryFileSystem=/dev/shm:size=64M,mode=1777 /var:ro /etc:ro /run:ro /opt:ro /srv:ro /mnt:ro /media:ro /usr/lib/appliance/plugins:ro
        # The /tmp that DynamicUser brings has no size of its own: the scratch is /dev/shm.
        ReadOnlyPaths=/tmp -/var/tmp
        BindReadOnlyPaths=-/var/lib/appliance/plugins/{id} -/usr/lib/appliance/plugins/{id} -/etc/ld.so.cache -/etc/alternatives -/etc/dotnet
        InaccessiblePaths=-/usr/bin -/usr/sbin -/boot -/root -/sys/fs/cgroup
        PrivateDevices=yes
        DevicePolicy=closed
        ProtectProc=invisible
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectKernelLogs=yes
        ProtectControlGroups=yes
        ProtectClock=yes
        ProtectHostname=yes
        PrivateMounts=yes
        PrivateIPC=yes
        PrivateUsers=yes
        UMask=0077

        # No network, no rights, no new namespaces; CoreCLR cannot live with MemoryDenyWriteExecute.
        PrivateNetwork=yes
        RestrictAddressFamilies=AF_UNIX
        IPAddressDeny=any
        NoNewPrivileges=yes
        CapabilityBoundingSet=
        AmbientCapabilities=
        RestrictSUIDSGID=yes
        RestrictRealtime=yes
        RestrictNamespaces=yes
        LockPersonality=yes
        KeyringMode=private
        RemoveIPC=yes
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged @resources @keyring @mount
        SystemCallFilter=~io_uring_setup io_uring_enter io_uring_register userfaultfd pidfd_open pidfd_getfd pidfd_send_signal
        SystemCallFilter=~name_to_handle_at open_by_handle_at unshare setns fork vfork
        SystemCallFilter=sched_setaffinity sched_getaffinity setrlimit prlimit64 seccomp
        SystemCallErrorNumber=EPERM

        # What it may take. The host cannot signal another user: a worker ends itself when its socket is closed.
        MemoryMax=75%
        TasksMax=512
        LimitCORE=0
        CPUWeight=50
        OOMPolicy=kill
        TimeoutStopSec=5
        Environment=DOTNET_EnableDiagnostics=0 DOTNET_DbgEnableMiniDump=0 HOME=/nonexistent TMPDIR=/dev/shm
        Environment={string.Join(' ', Sdk.Recipes.JobEnvironment.Set.Select(v => $"{v.Key}={v.Value}"))}
        UnsetEnvironment=OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
        """;
}
