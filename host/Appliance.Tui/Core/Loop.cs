using System.Threading.Channels;

namespace Appliance.Tui.Core;

/// <summary>A program for the loop: messages change a model, a model makes a screen.</summary>
/// <typeparam name="TModel">Everything that the screen shows; immutable.</typeparam>
/// <typeparam name="TNews">What comes from outside, besides keys.</typeparam>
public interface IProgram<TModel, TNews>
{
    TModel OnKey(TModel model, string key);

    TModel OnNews(TModel model, TNews news);

    Grid View(TModel model, int width, int height);

    /// <summary>Whether the person has left.</summary>
    bool IsOver(TModel model);
}

/// <summary>Takes all waiting messages, then paints once; at most ten frames a second, none when nothing changed.</summary>
public sealed class Loop<TModel, TNews>(IProgram<TModel, TNews> program, Theme theme)
{
    private const int MessagesMax = 1024;
    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(100);
    private readonly Channel<object> _messages = Channel.CreateBounded<object>(MessagesMax);

    /// <param name="news">Asked again and again for what happens outside; ends with the token.</param>
    /// <returns>The exit code: 0, or that of the signal which ended it.</returns>
    public async Task<int> RunAsync(TModel model, Func<TModel, CancellationToken, Task<TNews>> news)
    {
        using var ended = new CancellationTokenSource();
        var code = 0;
        using var term = new Term(
            signal => { code = signal; ended.Cancel(); }, () => _messages.Writer.TryWrite(new Resized()));
        var current = model;
        var keys = Task.Run(() => ReadKeys(ended.Token), CancellationToken.None);
        var watch = WatchAsync(() => current, news, ended.Token);
        Grid? shown = null;
        try
        {
            while (!ended.IsCancellationRequested && !program.IsOver(current))
            {
                var (width, height) = Term.Size();
                var next = program.View(current, width, height);
                if (Painter.Diff(shown, next, theme) is { Length: > 0 } bytes)
                {
                    Term.Write(bytes);
                }
                shown = next;
                await _messages.Reader.WaitToReadAsync(ended.Token);
                while (_messages.Reader.TryRead(out var message))
                {
                    (current, shown) = Apply(current, shown, message, term);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // A signal: the screen is restored already.
        }
        await ended.CancelAsync();
        await Task.WhenAll(keys, watch);
        return code;
    }

    private (TModel Model, Grid? Shown) Apply(TModel model, Grid? shown, object message, Term term)
    {
        switch (message)
        {
            case "^z":
                term.Suspend();
                return (model, null);
            case "^l" or Resized:
                return (model, null);
            case string key:
                return (program.OnKey(model, key), shown);
            case TNews news:
                return (program.OnNews(model, news), shown);
            default:
                return (model, shown);
        }
    }

    private void ReadKeys(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var bytes = Term.Read((int)FrameInterval.TotalMilliseconds);
            if (bytes is { Length: 0 })
            {
                _messages.Writer.TryWrite("^c"); // the terminal is gone
                return;
            }
            foreach (var key in bytes is null ? [] : Keys.Parse(bytes))
            {
                _messages.Writer.TryWrite(key);
            }
        }
    }

    private async Task WatchAsync(Func<TModel> current, Func<TModel, CancellationToken, Task<TNews>> news, CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (await news(current(), cancellationToken) is { } fresh)
                {
                    await _messages.Writer.WriteAsync(fresh, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The loop has ended.
        }
    }

    private sealed record Resized;
}
