namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Names that a cue introduces ("Mi chiamo", "Cordiali saluti", "Sig.ra"), and the same names wherever they return.</summary>
/// <remarks>Names without any cue need a trained tagger; the README says so.</remarks>
public sealed class PersonRecognizer : IRecognizer
{
    private const string NamePattern =
        @"\p{Lu}(?:\p{Ll}|'\p{L})[\p{L}'\-]*(?:(?: (?:de|di|del|della|dei|De|Di|Del|Della|Dei|Lo|La|Li|D'))* \p{Lu}(?:[\p{L}'\-]+|\.)){0,3}";

    private static readonly Pattern[] Cued =
    [
        new(@"\b(?:[Mm]i chiamo|[Ii]l mio nome è|[Ii]o sottoscritt[oa]|[Ss]ottoscritt[oa]|[Ss]ono|[Nn]ome e [Cc]ognome:?|[Nn]ome:|[Cc]ognome:|[Mm]y name is|I am) (?<n>" + NamePattern + ")"),
        new(@"\b(?:[Ss]aluti|[Ss]aluto|[Cc]ordialmente|[Cc]ordialità|[Dd]istintamente|[Ff]ede|[Ss]tima|[Gg]ratitudine|[Rr]iconoscenza|[Ff]irmato:?|[Rr]egards|[Ss]incerely|[Rr]ispetto|[Aa]nticipo|[Ii]n attesa)[,.:;\-!]?\s{1,3}(?<n>" + NamePattern + ")"),
        new(@"\b(?:Sig\.ra|Sig\.na|Sig\.|Sigg\.|[Ss]ignora|[Ss]ignor|[Ss]ignorina|[Dd]ott\.ssa|[Dd]ott\.|[Dd]ottor|[Dd]ottoressa|[Aa]vv\.|[Ii]ng\.|[Gg]eom\.|[Pp]rof\.ssa|[Pp]rof\.|[Aa]rch\.|Mr\.?|Mrs\.?|Ms\.?|Dr\.?) (?<n>" + NamePattern + ")"),
        new(@"\b(?:[Mm]ittente|MITTENTE|[Dd]a|DA|[Ff]rom|[Ii]ntestato a|[Ff]irma|[Cc]/o|[Aa]ttenzione di|[Cc]ara|[Cc]aro):? (?<n>" + NamePattern + ")"),
    ];

    // Words that follow such cues with a capital letter and are no names.
    private static readonly HashSet<string> NotNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "Buongiorno", "Buonasera", "Gentile", "Gentili", "Gentilissimi", "Gentilissimo", "Egregi", "Egregio", "Egregia", "Spett",
        "Spettabile", "Spettabili", "Oggetto", "Email", "E-mail", "Mail", "Comune", "Sindaco", "Ufficio", "Vorrei", "Mi", "Ho", "Sono",
        "Vi", "La", "Il", "Lo", "Le", "Un", "Una", "Via", "Viale", "Piazza", "Corso", "Largo", "Residente", "Cittadino", "Cittadina",
        "Tel", "Telefono", "Cell", "Cordiali", "Distinti", "Grazie", "Milano", "Roma", "Torino", "Napoli", "Bologna", "Firenze", "Verona",
        "Venezia", "Genova", "Palermo", "Bari", "Catania", "Padova", "Trieste", "Italia", "Segreteria", "Servizio", "Servizi", "Protocollo",
        "Spero", "Con", "In", "Per", "A", "Da", "Resto", "Rimango", "Attendo", "Ringrazio", "Scrivo", "Signor", "Signora", "Sig", "Dott",
        "All'attenzione", "Data", "Codice", "Partita", "Amministrazione", "Ringraziando", "Ringraziandovi", "Certo", "Certa", "Fiducioso",
        "Non", "Come", "Questo", "Questa", "Nel", "Nella", "Alla", "Al", "Dal", "Dalla", "Si", "Se", "Ci", "Che", "Mittente", "Nome",
    };

    private static readonly Pattern Word = new(@"\p{Lu}[\p{L}'\-]+");

    public string EntityType => EntityTypes.Person;

    public IEnumerable<PiiFinding> Find(TextView view)
    {
        var text = view.Text;
        var known = new HashSet<string>(StringComparer.Ordinal);
        var found = new List<PiiFinding>();
        foreach (var cue in Cued)
        {
            foreach (var match in cue.Matches(text))
            {
                var name = match.Groups["n"];
                if (Trim(name.Value) is { Length: > 1 } kept)
                {
                    found.Add(new PiiFinding(EntityType, name.Index, name.Index + kept.Length, 0.85, "cue"));
                    known.UnionWith(kept.Split(' ').Where(w => w.Length >= 3 && char.IsUpper(w[0])));
                }
            }
        }
        return found.Concat(Returning(text, known)).ToArray();
    }

    // The same name again, without a cue: "Laura Verdi ... Verdi Laura".
    private IEnumerable<PiiFinding> Returning(string text, HashSet<string> known)
    {
        if (known.Count == 0)
        {
            yield break;
        }
        foreach (var match in Word.Matches(text))
        {
            if (known.Contains(match.Value))
            {
                yield return new PiiFinding(EntityType, match.Index, match.Index + match.Length, 0.8, "returning");
            }
        }
    }

    private static string Trim(string name)
    {
        var kept = new List<string>();
        foreach (var word in name.Split(' '))
        {
            if (NotNames.Contains(word.TrimEnd('.', ',')))
            {
                break;
            }
            kept.Add(word);
        }
        while (kept.Count > 0 && (char.IsLower(kept[^1][0]) || kept[^1] is "De" or "Di" or "Del" or "La" or "Lo"))
        {
            kept.RemoveAt(kept.Count - 1);
        }
        return string.Join(' ', kept).TrimEnd('.', '-', '\'');
    }
}
