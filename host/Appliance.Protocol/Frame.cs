namespace Appliance.Protocol;

/// <summary>What a frame carries. Numbers are part of the protocol: never reuse one.</summary>
public enum FrameKind : byte
{
    // host → worker
    Hello = 1,
    Blob = 2,
    Open = 3,
    Ask = 4,
    Rows = 5,
    Train = 6,
    Inspect = 8,

    // worker → host
    Ready = 20,
    Opened = 21,
    Answer = 22,
    Progress = 23,
    Trained = 24,
    Problem = 26,
    Inspected = 27,
    TestAnswers = 28,
    Unquantized = 29,
}

/// <summary>One message between host and worker.</summary>
/// <param name="Request">Number of the request that it belongs to.</param>
public readonly record struct Frame(FrameKind Kind, long Request, ReadOnlyMemory<byte> Payload);

/// <summary>The other side broke the protocol; the connection is of no more use.</summary>
public sealed class ProtocolException(string problem) : Exception($"The other side broke the protocol: {problem}.");
