namespace Appliance.Cli;

/// <summary>What the command tells scripts.</summary>
public static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The command or its input is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A policy refused it.</summary>
    public const int Policy = 3;

    /// <summary>A check failed: a gate, a verification, a policy file.</summary>
    public const int Check = 4;

    public const int NotFound = 5;

    /// <summary>The service is not reachable.</summary>
    public const int Unreachable = 6;

    public const int Broken = 70;
}
