using System.Text;

namespace Appliance.Domain.Privacy.Operations;

/// <summary>Puts values back into a text that arrives in pieces; holds back no more than one token.</summary>
/// <param name="values">What each token stands for.</param>
public sealed class Depseudonymiser(IReadOnlyDictionary<string, string> values)
{
    private readonly int _longest = values.Count == 0 ? 0 : values.Keys.Max(k => k.Length);
    private readonly StringBuilder _held = new();

    /// <summary>Characters that wait for the rest of a token.</summary>
    public int Held => _held.Length;

    /// <summary>What can be said so far.</summary>
    public string Push(ReadOnlySpan<char> piece)
    {
        var said = new StringBuilder();
        foreach (var c in piece)
        {
            if (c == '<')
            {
                said.Append(_held);
                _held.Clear().Append(c);
            }
            else if (_held.Length == 0)
            {
                said.Append(c);
            }
            else
            {
                _held.Append(c);
                if (c == '>' || _held.Length >= _longest)
                {
                    var token = _held.ToString();
                    said.Append(values.GetValueOrDefault(token, token));
                    _held.Clear();
                }
            }
        }
        return said.ToString();
    }

    /// <summary>What was held back, at the end of the text.</summary>
    public string End()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest;
    }
}
