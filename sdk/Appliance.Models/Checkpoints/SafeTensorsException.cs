namespace Appliance.Models.Checkpoints;

/// <summary>A model file was refused. Get the file again from its source; nothing of it was used.</summary>
public sealed class SafeTensorsException(string reason) : Exception($"Not a usable safetensors file: {reason}.")
{
    public string Reason { get; } = reason;
}
