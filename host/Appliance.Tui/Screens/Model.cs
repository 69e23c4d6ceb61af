namespace Appliance.Tui.Screens;

/// <summary>The screens there are; the number is the key that leads there.</summary>
public enum ScreenName
{
    Overview = 1,
    Jobs = 2,
    Plugins = 5,
    Audit = 7,
}

/// <summary>What the host said, or why it did not.</summary>
public sealed record News(Facts? Facts, string? Problem, DateTimeOffset At);

/// <summary>Everything that the screen shows.</summary>
/// <param name="Filter">Rows without this text are not shown; null for none.</param>
/// <param name="Typing">Whether keys go into the filter.</param>
public sealed record Model(
    ScreenName Screen, Facts? Facts, string? Problem, DateTimeOffset At, int Selected, string? Filter, bool Typing, bool Help, bool Over)
{
    public static Model Start(ScreenName screen) => new(screen, null, null, default, 0, null, false, false, false);

    public IReadOnlyList<JobFacts> Jobs => [.. (Facts?.Jobs ?? []).Where(j => Matches($"{j.Id} {j.State} {j.Task} {j.Dataset} {j.Model}"))];

    public IReadOnlyList<AuditFacts> Audit =>
        [.. (Facts?.Audit ?? []).Where(a => Matches($"{a.Seq} {a.Action} {a.Actor} {a.Object} {a.Decision} {a.Code}"))];

    public IReadOnlyList<PluginFacts> Plugins => [.. (Facts?.Installed ?? []).Where(p => Matches($"{p.Id} {p.Version} {p.State} {p.Tasks} {p.Reason}"))];

    /// <summary>The job under the cursor, or null.</summary>
    public JobFacts? Job => Jobs.ElementAtOrDefault(Math.Min(Selected, Math.Max(0, Jobs.Count - 1)));

    public int Rows => Screen switch { ScreenName.Jobs => Jobs.Count, ScreenName.Audit => Audit.Count, ScreenName.Plugins => Plugins.Count, _ => 0 };

    private bool Matches(string row) => string.IsNullOrEmpty(Filter) || (Filter[0] == '!'
        ? !row.Contains(Filter[1..], StringComparison.OrdinalIgnoreCase)
        : row.Contains(Filter, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What a key does; the hints on the last row are made from the same table.</summary>
/// <param name="Keys">Names as <see cref="Core.Keys"/> gives them.</param>
public sealed record Binding(string[] Keys, string Hint, Func<Model, Model> Does);

/// <summary>All keys in one table.</summary>
public static class Bindings
{
    private const int Page = 10;

    public static IReadOnlyList<Binding> All { get; } =
    [
        new(["1"], "1 overview", m => Go(m, ScreenName.Overview)),
        new(["2"], "2 jobs", m => Go(m, ScreenName.Jobs)),
        new(["5"], "5 plugins", m => Go(m, ScreenName.Plugins)),
        new(["7"], "7 audit", m => Go(m, ScreenName.Audit)),
        new(["?", "f1"], "? help", m => m with { Help = true }),
        new(["q", "^c"], "q quit", m => m with { Over = true }),
        new(["j", "down"], "j down", m => Move(m, 1)),
        new(["k", "up"], "k up", m => Move(m, -1)),
        new(["g", "home"], "g top", m => m with { Selected = 0 }),
        new(["G", "end"], "G end", m => Move(m, int.MaxValue / 2)),
        new(["pgdn", "^f"], "pgdn", m => Move(m, Page)),
        new(["pgup", "^b"], "pgup", m => Move(m, -Page)),
        new(["/"], "/ find", m => m with { Typing = true, Filter = "" }),
        new(["esc"], "esc clear", m => m with { Filter = null, Selected = 0 }),
    ];

    public static Model Press(Model model, string key)
    {
        if (key == "^c")
        {
            return model with { Over = true };
        }
        if (model.Help)
        {
            return model with { Help = false };
        }
        return model.Typing ? Type(model, key) : All.FirstOrDefault(b => b.Keys.Contains(key))?.Does(model) ?? model;
    }

    private static Model Type(Model model, string key) => key switch
    {
        "enter" => model with { Typing = false },
        "esc" => model with { Typing = false, Filter = null },
        "backspace" => model with { Filter = model.Filter is { Length: > 0 } f ? f[..^1] : "" },
        { Length: 1 } => model with { Filter = model.Filter + key, Selected = 0 },
        _ => model,
    };

    private static Model Go(Model model, ScreenName screen) => model with { Screen = screen, Selected = 0, Filter = null };

    private static Model Move(Model model, int by) =>
        model with { Selected = (int)Math.Clamp((long)model.Selected + by, 0, Math.Max(0, model.Rows - 1)) };
}
