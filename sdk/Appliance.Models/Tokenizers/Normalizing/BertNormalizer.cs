using System.Globalization;
using System.Text;

namespace Appliance.Models.Tokenizers.Normalizing;

/// <summary>BERT's: control characters out, white space to blanks, blanks around Chinese, accents off, lower case.</summary>
internal sealed class BertNormalizer(bool clean, bool chinese, bool stripAccents, bool lower) : INormalizer
{
    private readonly UnicodeForm _decompose = new(NormalizationForm.FormD);

    public void Apply(TextBuffer text)
    {
        if (Ascii.IsValid(text.Text))
        {
            Simple(text);
            return;
        }
        if (clean)
        {
            Clean(text);
        }
        if (chinese)
        {
            Surround(text);
        }
        if (stripAccents)
        {
            _decompose.Apply(text);
            StripAccents.Remove(text);
        }
        if (lower)
        {
            Lowercase.Change(text);
        }
    }

    // Most text by far: only letters change, in their place, unless a control character must go.
    private void Simple(TextBuffer text)
    {
        var units = text.Writable;
        var controls = false;
        for (var k = 0; k < units.Length; k++)
        {
            var c = units[k];
            if (clean && c < ' ')
            {
                var blank = c is '\t' or '\n' or '\r' or '\v' or '\f';
                controls |= !blank || c is '\v' or '\f';
                units[k] = c is '\t' or '\n' or '\r' ? ' ' : c;
            }
            else if (lower && c is >= 'A' and <= 'Z')
            {
                units[k] = (char)(c | 0x20);
            }
            controls |= c == 0x7f;
        }
        if (clean && controls)
        {
            Clean(text);
        }
    }

    private static void Clean(TextBuffer text)
    {
        text.Begin();
        for (var k = 0; k < text.Length; k += text.Width(k))
        {
            var rune = text.RuneAt(k);
            if (rune.Value is 0 or 0xfffd || IsControl(rune))
            {
                continue;
            }
            if (Rune.IsWhiteSpace(rune))
            {
                text.Put(' ', text.StartOf(k), text.EndOf(k));
            }
            else
            {
                text.Keep(k, k + text.Width(k));
            }
        }
        text.End();
    }

    private static bool IsControl(Rune rune) => rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;

    private static void Surround(TextBuffer text)
    {
        text.Begin();
        for (var k = 0; k < text.Length; k += text.Width(k))
        {
            var (start, end) = (text.StartOf(k), text.EndOf(k));
            var found = IsChinese(text.RuneAt(k).Value);
            if (found)
            {
                text.Put(' ', start, end);
            }
            text.Keep(k, k + text.Width(k));
            if (found)
            {
                text.Put(' ', start, end);
            }
        }
        text.End();
    }

    // The CJK blocks that the original names; kana and hangul are not among them.
    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
