using System.Globalization;

namespace Appliance.Models.Chat;

/// <summary>The parts of an expression that bind tightest: values, members, calls, filters, slices.</summary>
internal sealed partial class ExpressionReader
{
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
