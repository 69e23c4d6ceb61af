using System.Globalization;

namespace Appliance.Models.Chat;

/// <summary>The names that a template sees while it runs; inner ones hide outer ones.</summary>
internal sealed class Scope(Scope? outer = null)
{
    private readonly Dictionary<string, object?> _names = [];

    internal object? this[string name]
    {
        get => _names.TryGetValue(name, out var value) ? value : outer is null ? Undefined.Value : outer[name];
        set => _names[name] = value;
    }
}

/// <summary>Computes an expression.</summary>
internal delegate object? Expression(Scope scope);

/// <summary>A function that a template may call: macros, namespace(), raise_exception() and the like.</summary>
internal delegate object? Callable(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);

/// <summary>Reads expressions: a subset of Jinja's, with Python's precedence. What is unknown is refused when the template is read.</summary>
internal sealed class ExpressionReader(IReadOnlyList<CodeToken> tokens, Func<string, bool> isKnownName)
{
    private int _at;

    internal CodeToken Peek => tokens[_at];

    internal CodeToken Take() => tokens[_at++];

    internal bool Skip(string value)
    {
        var found = Peek.Kind is Lexeme.Name or Lexeme.Symbol && Peek.Value == value;
        _at += found ? 1 : 0;
        return found;
    }

    internal void Expect(string value)
    {
        if (!Skip(value))
        {
            throw Unexpected($"'{value}' is expected");
        }
    }

    internal string Name() => Peek.Kind == Lexeme.Name ? Take().Value : throw Unexpected("a name is expected");

    internal void End()
    {
        if (Peek.Kind != Lexeme.End)
        {
            throw Unexpected("the expression goes on after its end");
        }
    }

    internal ChatTemplateException Unexpected(string reason) => new(Peek.Line, reason);

    /// <summary>value if condition else other.</summary>
    internal Expression Read()
    {
        var value = Or();
        if (!Skip("if"))
        {
            return value;
        }
        var condition = Or();
        var other = Skip("else") ? Read() : _ => Undefined.Value;
        return s => Values.Truth(condition(s)) ? value(s) : other(s);
    }

    /// <summary>One or several expressions; several make a list, as in for a, b in ….</summary>
    internal Expression Or()
    {
        var left = And();
        while (Skip("or"))
        {
            var (a, b) = (left, And());
            left = s => a(s) is var value && Values.Truth(value) ? value : b(s);
        }
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (Skip("and"))
        {
            var (a, b) = (left, Not());
            left = s => a(s) is var value && !Values.Truth(value) ? value : b(s);
        }
        return left;
    }

    private Expression Not()
    {
        if (!Skip("not"))
        {
            return Comparison();
        }
        var inner = Not();
        return s => !Values.Truth(inner(s));
    }

    private Expression Comparison()
    {
        var left = Sum();
        while (true)
        {
            var line = Peek.Line;
            var a = left;
            if (Peek is { Kind: Lexeme.Symbol, Value: "==" or "!=" or "<" or ">" or "<=" or ">=" })
            {
                var (op, b) = (Take().Value, Sum());
                left = op switch
                {
                    "==" => s => Values.Same(a(s), b(s)),
                    "!=" => s => !Values.Same(a(s), b(s)),
                    "<" => s => Values.Compare(a(s), b(s), line) < 0,
                    ">" => s => Values.Compare(a(s), b(s), line) > 0,
                    "<=" => s => Values.Compare(a(s), b(s), line) <= 0,
                    _ => s => Values.Compare(a(s), b(s), line) >= 0,
                };
            }
            else if (Skip("in"))
            {
                var b = Sum();
                left = s => Operations.Contains(b(s), a(s), line);
            }
            else if (Peek.Value == "not" && tokens[_at + 1].Value == "in")
            {
                _at += 2;
                var b = Sum();
                left = s => !Operations.Contains(b(s), a(s), line);
            }
            else if (Skip("is"))
            {
                var no = Skip("not");
                var test = Test();
                left = s => test(a(s), s) != no;
            }
            else
            {
                return left;
            }
        }
    }

    private Func<object?, Scope, bool> Test()
    {
        var name = Name();
        var known = Operations.Test(name) ?? throw Unexpected($"the test '{name}' is not known");
        var argument = Skip("(") ? Read() : null;
        if (argument is not null)
        {
            Expect(")");
        }
        return (value, s) => known(value, argument?.Invoke(s));
    }

    private Expression Sum()
    {
        var left = Product();
        while (Peek is { Kind: Lexeme.Symbol, Value: "+" or "-" or "~" })
        {
            var (a, token, b) = (left, Take(), Product());
            left = s => Operations.Arithmetic(token.Value, a(s), b(s), token.Line);
        }
        return left;
    }

    private Expression Product()
    {
        var left = Unary();
        while (Peek is { Kind: Lexeme.Symbol, Value: "*" or "/" or "//" or "%" })
        {
            var (a, token, b) = (left, Take(), Unary());
            left = s => Operations.Arithmetic(token.Value, a(s), b(s), token.Line);
        }
        return left;
    }

    private Expression Unary()
    {
        if (!Skip("-"))
        {
            return Postfix(Atom());
        }
        var line = Peek.Line;
        var inner = Unary();
        return s => Operations.Arithmetic("-", 0L, inner(s), line);
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            var (a, line) = (value, Peek.Line);
            if (Skip("."))
            {
                var name = Name();
                if (Skip("("))
                {
                    var (arguments, named) = Arguments();
                    if (!Operations.IsMethod(name))
                    {
                        throw new ChatTemplateException(line, $"the method '{name}' is not known");
                    }
                    value = s => Operations.Method(a(s), name, [.. arguments.Select(x => x(s))], line);
                    continue;
                }
                value = s => Operations.Member(a(s), name);
            }
            else if (Skip("["))
            {
                value = Subscript(a, line);
            }
            else if (Skip("|"))
            {
                var name = Name();
                var (arguments, named) = Skip("(") ? Arguments() : ([], []);
                if (!Filters.IsKnown(name))
                {
                    throw new ChatTemplateException(line, $"the filter '{name}' is not known");
                }
                value = s => Filters.Apply(name, a(s), [.. arguments.Select(x => x(s))], named.ToDictionary(n => n.Key, n => n.Value(s)), line);
            }
            else if (Skip("("))
            {
                var (arguments, named) = Arguments();
                value = s => a(s) is Callable call
                    ? call([.. arguments.Select(x => x(s))], named.ToDictionary(n => n.Key, n => n.Value(s)))
                    : throw new ChatTemplateException(line, "something that is no function is called");
            }
            else
            {
                return value;
            }
        }
    }

    private Expression Subscript(Expression value, int line)
    {
        var first = Peek.Value == ":" ? null : Read();
        if (!Skip(":"))
        {
            Expect("]");
            return s => Operations.Item(value(s), first!(s)); // not null where there is no colon
        }
        var last = Peek.Value is "]" or ":" ? null : Read();
        var step = Skip(":") && Peek.Value != "]" ? Read() : null;
        Expect("]");
        return s => Operations.Slice(value(s), first?.Invoke(s), last?.Invoke(s), step?.Invoke(s), line);
    }

    private (List<Expression> Positional, Dictionary<string, Expression> Named) Arguments()
    {
        var (positional, named) = (new List<Expression>(), new Dictionary<string, Expression>());
        while (!Skip(")"))
        {
            if (Peek.Kind == Lexeme.Name && tokens[_at + 1].Value == "=" && tokens[_at + 1].Kind == Lexeme.Symbol)
            {
                var name = Name();
                Expect("=");
                named[name] = Read();
            }
            else
            {
                positional.Add(Read());
            }
            if (!Skip(","))
            {
                Expect(")");
                break;
            }
        }
        return (positional, named);
    }

    private Expression Atom()
    {
        var token = Take();
        switch (token)
        {
            case { Kind: Lexeme.Text }:
                return _ => token.Value;
            case { Kind: Lexeme.Number }:
                object number = token.Value.Contains('.', StringComparison.Ordinal)
                    ? (object)double.Parse(token.Value, CultureInfo.InvariantCulture)
                    : long.TryParse(token.Value, CultureInfo.InvariantCulture, out var n) ? n : throw Unexpected("a number is too large");
                return _ => number;
            case { Kind: Lexeme.Name, Value: "true" or "True" }:
                return _ => true;
            case { Kind: Lexeme.Name, Value: "false" or "False" }:
                return _ => false;
            case { Kind: Lexeme.Name, Value: "none" or "None" }:
                return _ => null;
            case { Kind: Lexeme.Name }:
                if (Peek is { Kind: Lexeme.Symbol, Value: "(" } && !isKnownName(token.Value))
                {
                    throw new ChatTemplateException(token.Line, $"the function '{token.Value}' is not known");
                }
                return s => s[token.Value];
            case { Kind: Lexeme.Symbol, Value: "(" }:
                return Group();
            case { Kind: Lexeme.Symbol, Value: "[" }:
                var items = List("]");
                return s => items.Select(i => i(s)).ToList();
            case { Kind: Lexeme.Symbol, Value: "{" }:
                return Map();
            default:
                throw new ChatTemplateException(token.Line, "a value is expected");
        }
    }

    private Expression Group()
    {
        var items = new List<Expression>();
        var comma = false;
        while (!Skip(")"))
        {
            items.Add(Read());
            comma |= Peek.Value == ",";
            if (!Skip(","))
            {
                Expect(")");
                break;
            }
        }
        return comma || items.Count == 0 ? s => items.Select(i => i(s)).ToList() : items[0];
    }

    private List<Expression> List(string end)
    {
        var items = new List<Expression>();
        while (!Skip(end))
        {
            items.Add(Read());
            if (!Skip(","))
            {
                Expect(end);
                break;
            }
        }
        return items;
    }

    private Expression Map()
    {
        var pairs = new List<(Expression Key, Expression Value)>();
        while (!Skip("}"))
        {
            var key = Read();
            Expect(":");
            pairs.Add((key, Read()));
            if (!Skip(","))
            {
                Expect("}");
                break;
            }
        }
        return s => pairs.ToDictionary(p => Values.Print(p.Key(s)), p => p.Value(s));
    }
}
