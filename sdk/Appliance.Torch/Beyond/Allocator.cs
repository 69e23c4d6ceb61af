using TorchSharp;

namespace Appliance.Torch.Beyond;

/// <summary>How the process keeps memory that tensors no longer need.</summary>
public static class Allocator
{
    /// <summary>Keeps it: tensors of some megabytes are then made without asking the kernel each time.</summary>
    /// <remarks>The process stays as large as its largest moment. Workers get the same from GLIBC_TUNABLES at their start.</remarks>
    public static void KeepFreedMemory()
    {
#if BRIDGE
        Native.bridge_keep_freed_memory();
#endif
    }
}
