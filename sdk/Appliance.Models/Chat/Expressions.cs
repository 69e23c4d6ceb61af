namespace Appliance.Models.Chat;

/// <summary>Reads expressions: a subset of Jinja's, with Python's precedence. What is unknown is refused when the template is read.</summary>
internal sealed partial class ExpressionReader(IReadOnlyList<CodeToken> tokens, Func<string, bool> isKnownName)
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
}
