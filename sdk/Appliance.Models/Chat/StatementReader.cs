using System.Text;

namespace Appliance.Models.Chat;

/// <summary>The text so far and what is left of the limits.</summary>
internal sealed class TemplateRun(int stepsMax, int textMax)
{
    private int _steps = stepsMax;

    internal StringBuilder Text { get; set; } = new();

    internal bool Breaks { get; set; }

    internal bool Continues { get; set; }

    internal void Step()
    {
        if (--_steps < 0 || Text.Length > textMax)
        {
            throw new ChatTemplateException(0, "The chat template runs too long for these messages.");
        }
    }
}

/// <summary>Runs a statement.</summary>
internal delegate void Statement(Scope scope, TemplateRun run);

/// <summary>Reads statements until a given end.</summary>
internal sealed class StatementReader(IReadOnlyList<Segment> segments, HashSet<string> functions)
{
    private readonly HashSet<string> _known = [.. functions];
    private int _at;

    internal Statement Read() => Block([], out _, out _);

    // Statements up to one of the ends; which end it was, and the reader behind its name.
    private Statement Block(string[] ends, out string end, out ExpressionReader? rest)
    {
        var statements = new List<Statement>();
        while (_at < segments.Count)
        {
            var segment = segments[_at++];
            if (segment.Kind == ' ')
            {
                statements.Add((_, run) => run.Text.Append(segment.Text));
                continue;
            }
            var reader = new ExpressionReader(segment.Code, _known.Contains);
            if (segment.Kind == '{')
            {
                var value = reader.Read();
                reader.End();
                statements.Add((scope, run) => run.Text.Append(Values.Print(value(scope))));
                continue;
            }
            var name = reader.Name();
            if (ends.Contains(name))
            {
                (end, rest) = (name, reader);
                return Sequence(statements);
            }
            statements.Add(Read(name, reader, segment.Line));
        }
        (end, rest) = ("", null);
        return ends.Length == 0 ? Sequence(statements)
            : throw new ChatTemplateException(segments.Count > 0 ? segments[^1].Line : 1, $"'{ends[^1]}' is missing");
    }

    private Statement Read(string name, ExpressionReader reader, int line)
    {
        switch (name)
        {
            case "if":
                return If(reader);
            case "for":
                return For(reader);
            case "set":
                return Set(reader);
            case "macro":
                return Macro(reader);
            case "generation":
                return Block(["endgeneration"], out _, out _); // marks what an assistant says, for training
            case "break":
                return (_, run) => run.Breaks = true;
            case "continue":
                return (_, run) => run.Continues = true;
            default:
                throw new ChatTemplateException(line, $"the statement '{name}' is not known");
        }
    }

    private static Statement Sequence(List<Statement> statements) => (scope, run) =>
    {
        foreach (var statement in statements)
        {
            run.Step();
            statement(scope, run);
            if (run.Breaks || run.Continues)
            {
                return;
            }
        }
    };

    private Statement If(ExpressionReader reader)
    {
        var condition = reader.Read();
        reader.End();
        var then = Block(["elif", "else", "endif"], out var end, out var rest);
        var other = end switch
        {
            "elif" => If(rest!), // an end comes with its reader
            "else" => Block(["endif"], out _, out _),
            _ => (_, _) => { }
            ,
        };
        return (scope, run) => (Values.Truth(condition(scope)) ? then : other)(scope, run);
    }

    private Statement For(ExpressionReader reader)
    {
        var names = new List<string> { reader.Name() };
        while (reader.Skip(","))
        {
            names.Add(reader.Name());
        }
        reader.Expect("in");
        var line = reader.Peek.Line;
        var items = reader.Or();
        var condition = reader.Skip("if") ? reader.Read() : null;
        reader.End();
        var body = Block(["else", "endfor"], out var end, out _);
        var none = end == "else" ? Block(["endfor"], out _, out _) : null;
        return (scope, run) =>
        {
            var list = Values.Items(items(scope), line).Select(item => (Item: item, Scope: Inner(scope, names, item, line)))
                .Where(x => condition is null || Values.Truth(condition(x.Scope))).ToList();
            Loop(list, scope, run, body, none);
        };
    }

    private static void Loop(List<(object? Item, Scope Scope)> list, Scope scope, TemplateRun run, Statement body, Statement? none)
    {
        if (list.Count == 0)
        {
            none?.Invoke(scope, run);
        }
        for (var k = 0; k < list.Count; k++)
        {
            run.Step();
            list[k].Scope["loop"] = new Dictionary<string, object?>
            {
                ["index"] = k + 1L, ["index0"] = (long)k, ["first"] = k == 0, ["last"] = k == list.Count - 1, ["length"] = (long)list.Count,
                ["revindex"] = (long)list.Count - k, ["revindex0"] = (long)list.Count - k - 1,
                ["previtem"] = k > 0 ? list[k - 1].Item : Undefined.Value, ["nextitem"] = k + 1 < list.Count ? list[k + 1].Item : Undefined.Value,
            };
            body(list[k].Scope, run);
            run.Continues = false;
            if (run.Breaks)
            {
                run.Breaks = false;
                return;
            }
        }
    }

    private static Scope Inner(Scope scope, List<string> names, object? item, int line)
    {
        var inner = new Scope(scope);
        if (names.Count == 1)
        {
            inner[names[0]] = item;
            return inner;
        }
        var parts = item as List<object?>;
        if (parts?.Count != names.Count)
        {
            throw new ChatTemplateException(line, "a loop takes its items apart into more names than they have parts");
        }
        for (var k = 0; k < names.Count; k++)
        {
            inner[names[k]] = parts[k];
        }
        return inner;
    }

    private Statement Set(ExpressionReader reader)
    {
        var line = reader.Peek.Line;
        var name = reader.Name();
        var member = reader.Skip(".") ? reader.Name() : null;
        if (!reader.Skip("="))
        {
            reader.End();
            var body = Block(["endset"], out _, out _);
            return (scope, run) => scope[name] = Captured(body, new Scope(scope), run);
        }
        var value = reader.Read();
        reader.End();
        return member is null
            ? (scope, _) => scope[name] = value(scope)
            : (scope, _) => (scope[name] as Dictionary<string, object?> ?? throw new ChatTemplateException(line, $"'{name}' is no namespace"))[member] = value(scope);
    }

    private Statement Macro(ExpressionReader reader)
    {
        var name = reader.Name();
        _known.Add(name);
        reader.Expect("(");
        var parameters = new List<(string Name, Expression? Fallback)>();
        while (!reader.Skip(")"))
        {
            var parameter = reader.Name();
            parameters.Add((parameter, reader.Skip("=") ? reader.Read() : null));
            if (!reader.Skip(","))
            {
                reader.Expect(")");
                break;
            }
        }
        reader.End();
        var body = Block(["endmacro"], out _, out _);
        return (scope, run) => scope[name] = (Callable)((a, named) =>
        {
            run.Step();
            var inner = new Scope(scope);
            foreach (var (k, (parameter, fallback)) in parameters.Index())
            {
                inner[parameter] = k < a.Count ? a[k] : named.TryGetValue(parameter, out var v) ? v : fallback?.Invoke(scope) ?? Undefined.Value;
            }
            return Captured(body, inner, run);
        });
    }

    private static string Captured(Statement body, Scope scope, TemplateRun run)
    {
        var outer = run.Text;
        run.Text = new StringBuilder();
        try
        {
            body(scope, run);
            return run.Text.ToString();
        }
        finally
        {
            run.Text = outer;
        }
    }
}
