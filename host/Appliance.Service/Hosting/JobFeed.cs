using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Appliance.Domain.Jobs;

namespace Appliance.Service.Hosting;

/// <summary>What running jobs say, for whoever watches; kept in memory and bounded.</summary>
internal sealed class JobFeed
{
    private const int PointsMax = 1000;
    private const int WaitingMax = 256;
    private readonly ConcurrentDictionary<string, Feed> _feeds = [];

    /// <summary>The last news of a job, or null.</summary>
    internal JobProgress? Last(string jobId) => _feeds.GetValueOrDefault(jobId)?.Last;

    /// <summary>All jobs' last news.</summary>
    internal IEnumerable<JobProgress> Running() => _feeds.Values.Where(f => !f.Ended).Select(f => f.Last).OfType<JobProgress>();

    /// <summary>Loss over steps, thinned to at most 1,000 points.</summary>
    internal IReadOnlyList<JobProgress> History(string jobId) => _feeds.GetValueOrDefault(jobId)?.Points() ?? [];

    internal void Publish(string jobId, JobProgress progress) => _feeds.GetOrAdd(jobId, _ => new Feed()).Publish(progress);

    internal void End(string jobId) => _feeds.GetOrAdd(jobId, _ => new Feed()).End();

    /// <summary>News as they come, until the job is over.</summary>
    internal async IAsyncEnumerable<JobProgress> WatchAsync(
        string jobId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var feed = _feeds.GetOrAdd(jobId, _ => new Feed());
        // A slow watcher loses old news, never holds up the job.
        var channel = Channel.CreateBounded<JobProgress>(
            new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropOldest });
        feed.Join(channel);
        try
        {
            await foreach (var progress in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return progress;
            }
        }
        finally
        {
            feed.Leave(channel);
        }
    }

    private sealed class Feed
    {
        private readonly Lock _lock = new();
        private readonly List<Channel<JobProgress>> _watchers = [];
        private readonly List<JobProgress> _points = [];

        internal JobProgress? Last { get; private set; }

        internal bool Ended { get; private set; }

        internal IReadOnlyList<JobProgress> Points()
        {
            lock (_lock)
            {
                return [.. _points];
            }
        }

        internal void Publish(JobProgress progress)
        {
            lock (_lock)
            {
                (Last, Ended) = (progress, false);
                _points.Add(progress);
                if (_points.Count > PointsMax)
                {
                    _points.RemoveAll(p => p.Step % 2 == 1 && p.ValidationLoss is null);
                    _points.RemoveRange(0, Math.Max(0, _points.Count - PointsMax));
                }
                _watchers.ForEach(w => w.Writer.TryWrite(progress));
            }
        }

        internal void End()
        {
            lock (_lock)
            {
                Ended = true;
                _watchers.ForEach(w => w.Writer.TryComplete());
            }
        }

        internal void Join(Channel<JobProgress> channel)
        {
            lock (_lock)
            {
                _watchers.Add(channel);
                if (Last is not null)
                {
                    channel.Writer.TryWrite(Last);
                }
                if (Ended)
                {
                    channel.Writer.TryComplete();
                }
            }
        }

        internal void Leave(Channel<JobProgress> channel)
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }
}
