using System.Collections.Concurrent;
using System.Text;

namespace Appliance.Models.Tokenizers.Normalizing;

/// <summary>Unicode's normal forms, with the knowledge of which old character each new one stands for.</summary>
/// <remarks>
/// The platform's own tables say how characters come apart and go together; this class does it piece by piece so that
/// offsets survive. Source: Unicode Standard Annex 15. A character that came apart: its first part replaces it, the
/// others are inserted. Two that went together: one stands for both and keeps the place of the first.
/// </remarks>
internal sealed class UnicodeForm(NormalizationForm form) : INormalizer
{
    private static readonly ConcurrentDictionary<(int, bool), Rune[]> Parts = new();
    private static readonly ConcurrentDictionary<(int, int), int> Wholes = new();
    private static readonly ConcurrentDictionary<(int, int), bool> Orders = new();
    private readonly bool _composes = form is NormalizationForm.FormC or NormalizationForm.FormKC;
    private readonly bool _compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
    private readonly List<(Rune Rune, int Change)> _run = [];

    // Below these, nothing changes: Latin without accents, and with them where the form keeps them whole.
    private char Untouched => form switch
    {
        NormalizationForm.FormC => '\u0300',
        NormalizationForm.FormKC or NormalizationForm.FormKD => '\u00a0',
        _ => '\u00c0',
    };

    public void Apply(TextBuffer text)
    {
        if (!text.Text.ContainsAnyInRange(Untouched, '\uffff'))
        {
            return;
        }
        lock (_run)
        {
            text.Begin();
            _run.Clear();
            for (var k = 0; k < text.Length; k += text.Width(k))
            {
                Add(text.RuneAt(k), text);
            }
            Flush(text);
            text.End();
        }
    }

    // A run is a starter with all that may still join it; what begins anew ends the run before.
    private void Add(Rune rune, TextBuffer text)
    {
        if (rune.Value < 0xa0)
        {
            Flush(text);
            _run.Add((rune, 0)); // nothing in it to take apart, and it begins a run
            return;
        }
        var parts = Apart(rune);
        for (var k = 0; k < parts.Length; k++)
        {
            if (IsStarter(parts[k]) && _run.Count > 0 && !(_composes && MayJoin(parts[k])))
            {
                Flush(text);
            }
            _run.Add((parts[k], k == 0 ? 0 : 1));
            for (var at = _run.Count - 1; at > 0 && Swaps(_run[at - 1].Rune, _run[at].Rune); at--)
            {
                (_run[at - 1], _run[at]) = (_run[at], _run[at - 1]);
            }
        }
    }

    private void Flush(TextBuffer text)
    {
        if (_composes)
        {
            Compose();
        }
        foreach (var (rune, change) in _run)
        {
            text.Put(rune, change);
        }
        _run.Clear();
    }

    private void Compose()
    {
        var starter = -1;
        for (var k = 0; k < _run.Count; k++)
        {
            var (rune, change) = _run[k];
            if (starter >= 0 && !Blocked(starter, k) && Together(_run[starter].Rune, rune) is { } whole)
            {
                _run[starter] = (whole, _run[starter].Change + change - 1);
                _run.RemoveAt(k--);
            }
            else if (IsStarter(rune))
            {
                starter = k;
            }
        }
    }

    // Something between the two has a class not below the second's: it stands in the way.
    private bool Blocked(int starter, int k)
    {
        if (k == starter + 1)
        {
            return false;
        }
        var between = _run[k - 1].Rune;
        return IsStarter(between) || !Swaps(_run[k].Rune, between);
    }

    // The platform refuses to normalise noncharacters; they have no parts.
    private static bool IsNoncharacter(Rune rune) => (rune.Value & 0xfffe) == 0xfffe || rune.Value is >= 0xfdd0 and <= 0xfdef;

    private Rune[] Apart(Rune rune) => IsNoncharacter(rune) ? [rune] : Parts.GetOrAdd((rune.Value, _compatible), static key =>
        [.. new Rune(key.Item1).ToString().Normalize(key.Item2 ? NormalizationForm.FormKD : NormalizationForm.FormD).EnumerateRunes()]);

    private static Rune? Together(Rune first, Rune second)
    {
        if (second.Value < 0x300 || IsNoncharacter(first) || IsNoncharacter(second))
        {
            return null;
        }
        var whole = Wholes.GetOrAdd((first.Value, second.Value), static key =>
        {
            var joined = (new Rune(key.Item1).ToString() + new Rune(key.Item2)).Normalize(NormalizationForm.FormC).EnumerateRunes().ToArray();
            return joined.Length == 1 ? joined[0].Value : -1;
        });
        return whole < 0 ? null : new Rune(whole);
    }

    // Whether the canonical order puts the second before the first: both are marks and the first's class is higher.
    private static bool Swaps(Rune first, Rune second) => second.Value >= 0x300 && first.Value >= 0x300
        && !IsNoncharacter(first) && !IsNoncharacter(second) && Orders.GetOrAdd((first.Value, second.Value), static key =>
    {
        var (a, b) = (new Rune(key.Item1).ToString(), new Rune(key.Item2).ToString());
        return (a + b).Normalize(NormalizationForm.FormD) == b + a && a != b;
    });

    // A mark changes places with a mark of the lowest or of the highest class; a starter with neither.
    private static bool IsStarter(Rune rune) =>
        rune.Value < 0x300 || !(Swaps(rune, new Rune(0x334)) || Swaps(new Rune(0x345), rune) || rune.Value is 0x334 or 0x345);

    // Hangul vowels and finals, and the few starters of Indic scripts that join what stands before.
    private static bool MayJoin(Rune rune) => rune.Value is (>= 0x1161 and <= 0x1175) or (>= 0x11A8 and <= 0x11C2) or 0x9BE or 0x9D7 or 0xB3E
        or 0xB56 or 0xB57 or 0xBBE or 0xBD7 or 0xCC2 or 0xCD5 or 0xCD6 or 0xD3E or 0xD57 or 0xDCF or 0xDDF or 0x102E
        or (>= 0x1B35 and <= 0x1B35) or 0x11127 or 0x1133E or 0x11357 or 0x114B0 or 0x114BA or 0x114BD or 0x115AF or 0x11930;
}
