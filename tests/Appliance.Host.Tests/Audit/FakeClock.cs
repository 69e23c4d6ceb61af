namespace Appliance.Tests.Audit;

/// <summary>A wall clock that can be set, and one beside it that cannot.</summary>
internal sealed class FakeClock : TimeProvider
{
    private DateTimeOffset _wall = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private long _ticks = 1000;

    public override long TimestampFrequency => 1000;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _ticks;

    internal void Pass(TimeSpan time)
    {
        Step(time);
        _ticks += (long)time.TotalMilliseconds;
    }

    internal void Step(TimeSpan time) => _wall += time;
}
