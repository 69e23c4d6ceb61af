namespace Appliance.Models.Tokenizers;

/// <summary>A part of a template: a special token, or the text (0) or its pair (1).</summary>
internal readonly record struct TemplatePart(int? SpecialId, int Sequence, int TypeId);

/// <summary>Puts special tokens around texts.</summary>
/// <param name="Single">For one text.</param>
/// <param name="Pair">For two.</param>
/// <param name="TrimOffsets">Offsets leave out the blanks that a token begins or ends with.</param>
/// <param name="PrefixSpace">A first blank was added by the tokenizer and is not the text's.</param>
internal sealed record PostProcessor(
    IReadOnlyList<TemplatePart> Single, IReadOnlyList<TemplatePart> Pair, bool TrimOffsets = false, bool PrefixSpace = false)
{
    internal static PostProcessor None { get; } = new([new TemplatePart(null, 0, 0)], [new TemplatePart(null, 0, 0), new TemplatePart(null, 1, 0)]);

    internal int Added(bool pair) => (pair ? Pair : Single).Count(p => p.SpecialId is not null);

    internal TokenEncoding Apply(TokenEncoding first, TokenEncoding? second, bool addSpecial)
    {
        var result = new TokenEncoding([]);
        foreach (var part in second is null ? Single : Pair)
        {
            if (part.SpecialId is { } id)
            {
                result = addSpecial ? result.With(new TokenEncoding([new EncodedToken(id, 0, 0, -1, -1, part.TypeId, true, true)])) : result;
                continue;
            }
            var text = part.Sequence == 0 ? first : second ?? new TokenEncoding([]);
            var typed = text.Change((token, k) => Trim(token with { TypeId = part.TypeId, Sequence = part.Sequence }, k));
            result = result.With(typed);
        }
        return result;
    }

    private EncodedToken Trim(EncodedToken token, int k)
    {
        if (!TrimOffsets || (token.Leading == 0 && token.Trailing == 0))
        {
            return token;
        }
        var (leading, start, end) = ((int)token.Leading, token.Start, token.End);
        leading = (k == 0 || start == 0) && PrefixSpace && leading == 1 ? 0 : leading;
        start = Math.Min(start + leading, end);
        end = token.Trailing > 0 && end >= token.Trailing ? Math.Max(end - token.Trailing, start) : end;
        return token with { Start = start, End = end };
    }
}
