using System.Text;
using Appliance.Domain.Privacy.Tables;

namespace Appliance.Bench.Tagging;

/// <summary>Draws names, places and companies from the tables of the product, and invents others that sound alike, so that the tagger does not learn lists by heart.</summary>
internal sealed class Names(Random random)
{
    private readonly string[] _first = Read("firstname.txt"), _last = Read("lastname.txt"), _city = Read("city.txt"), _country = Read("country.txt"), _common = Read("common.txt");
    private readonly Dictionary<string, string[]> _known = Table.Lists("institutions.tsv").Concat(Table.Lists("places.tsv")).ToDictionary();
    private readonly Dictionary<string, Dictionary<string, List<char>>> _chains = [];

    internal static string[] Read(string table) => [.. Table.Lines(table)];

    internal string First() => Draw("first", _first, 0.25);

    internal string Last() => Draw("last", _last, 0.35);

    internal string City() => Draw("city", _city, 0.2);

    internal string Country() => _country[random.Next(_country.Length)];

    internal string Person()
    {
        var name = random.Next(12) switch
        {
            0 => $"{First()} {First()} {Last()}",
            1 => $"{First()} {(char)('A' + random.Next(26))}. {Last()}",
            2 => $"{First()} {(char)('A' + random.Next(26))} {Last()}",
            3 => $"{First()} {OneOf("de", "De", "di", "Di", "van", "Van der", "von", "del", "Del", "La", "Lo", "D'", "Mc", "O'", "Mac", "al-", "bin", "dos")} {Last()}".Replace("' ", "'").Replace("Mc ", "Mc").Replace("Mac ", "Mac").Replace("al- ", "al-"),
            4 => $"{First()}-{First()} {Last()}",
            5 => $"{First()} {Last()}-{Last()}",
            6 => $"{First()} {Last()} {Last()}",
            7 => random.Next(2) == 0 ? First() : $"{First()} {Last()}",
            _ => $"{First()} {Last()}",
        };
        return random.Next(14) == 0 ? name.ToUpperInvariant() : name;
    }

    internal string Company() => random.Next(12) switch
    {
        0 or 1 or 2 => $"{Last()} {OneOf("S.p.A.", "S.r.l.", "srl", "SpA", "Inc", "Inc.", "Ltd", "LLC", "GmbH", "AG", "SA", "S.A.", "Group", "& Figli", "Corp", "Corporation", "e Associati", "and Sons", "Holdings", "Industries", "plc")}",
        3 => $"{Last()} & {Last()}",
        4 => $"{Last()}, {Last()} and {Last()}",
        5 => $"{OneOf("Banca", "Ospedale", "Clinica", "Istituto", "Università di", "Fondazione", "Studio", "Officine", "Gruppo", "ASL", "Comune di", "Azienda Ospedaliera", "Liceo", "Hospital", "Centro Médico", "Hospital Universitario", "Hôpital", "Klinikum", "Bank of", "University of", "Museum of")} {OneOf(City(), Last(), "San " + First())}",
        6 => $"{City()} {OneOf("Bank", "Hospital", "University", "Airlines", "Insurance", "Supermarkets", "United", "Medical Center", "Motors", "Partners", "Calcio", "Council", "Museum")}",
        7 => $"{OneOf("Banca", "Banco", "Cassa")} {OneOf("Popolare", "Nazionale", "di Risparmio", "Centrale")} di {City()}",
        8 or 10 or 11 => OneOf(Word(), Compound(), Compound()) + OneOf("", "", "", Number(99), " " + Word(), " Software", " Technologies", " Solutions", " Systems", " Supercomputing Inc.", " Media", " Energy", " Foods", " Restaurant", ".com"),
        _ => $"{OneOf("General", "United", "Global", "American", "First", "Nuova", "Royal", "National", "Golden", "Blue", "Northern")} {OneOf("Electric", "Data", "Airways", "Trust", "Foods", "Motors", "Logistics", "Energia", "Credit", "Health")}",
    };

    internal string Authority() => random.Next(8) switch
    {
        0 => $"{OneOf("Procura", "Questura", "Prefettura", "Università", "Diocesi", "Provincia", "Comune", "Tribunale", "Azienda sanitaria", "ASL Città", "Azienda Ospedaliera", "Policlinico", "Città metropolitana", "Camera di commercio", "Corte d'Appello", "Squadra mobile", "Municipio", "Ayuntamiento", "Mairie", "Amtsgericht")} di {City()}",
        1 => $"{OneOf("Ministero", "Dipartimento", "Commissione", "Assessorato", "Agenzia", "Autorità", "Comitato", "Istituto", "Consiglio", "Direzione", "Osservatorio", "Ufficio")} {OneOf("della", "dell'", "per la", "per l'", "di", "nazionale della", "europea per l'")} {OneOf("Salute", "Interno", "Istruzione", "Economia", "Difesa", "Giustizia", "Ambiente", "Concorrenza", "Cultura", "Vigilanza", "Statistica", "Energia", "Sicurezza", "Ricerca", "Pesca")}".Replace("' ", "'"),
        2 => $"Regione {City()}",
        3 => $"{OneOf("University of", "City of", "Port Authority of", "Bishop of", "High Court of", "Parliament of", "Government of", "Bank of")} {OneOf(City(), Country())}",
        4 => $"{OneOf("Ministry of", "Department of", "Office for", "Agency for", "Committee on", "Board of")} {OneOf("Health", "Defense", "Education", "Energy", "Justice", "Fisheries", "Trade", "Statistics", "Agriculture")}",
        5 => $"{OneOf("Federal", "National", "European", "International", "Royal", "Central", "Supreme")} {OneOf("Reserve", "Court", "Commission", "Agency", "Council", "Union", "Observatory", "Academy", "Police", "Bank")}",
        6 => $"{OneOf("Ministerio de", "Tribunal de", "Junta de", "Ministère de", "Conseil de", "Bundesamt für", "Universität", "Landgericht")} {OneOf("Sanidad", "Hacienda", "Cultura", City(), City())}",
        _ => OneOf(Acronym(), Known("alone"), Known("phrase"), Known("acronym")),
    };

    internal string Club() => random.Next(7) switch
    {
        0 => $"{City()} {OneOf("Calcio", "FC", "United", "City", "Rovers", "Basket", "Volley", "Rugby", "1907", "BC")}",
        1 => $"{OneOf("Atletico", "Real", "Sporting", "Pro", "Virtus", "Olimpia", "Dinamo", "Lokomotiv", "Olympique", "AC", "AS", "US", "FC", "Bayern", "Borussia", "Polisportiva")} {City()}",
        2 => OneOf("Juventus", "Inter", "Milan", "Lazio", "Fiorentina", "Sampdoria", "Atalanta", "Udinese", "Arsenal", "Chelsea", "Liverpool", "Barcellona", "Ajax", "Benfica", "Porto", "Galatasaray", "Lakers", "Bulls", "Celtics", "Yankees", "Springboks", "Azzurri"),
        3 => Last() + OneOf("ese", "ina", "itana", "iana", " Racing", " Team"),
        _ => Word() + OneOf("", " FC", " Calcio", "ese"),
    };

    internal string Party() => random.Next(5) switch
    {
        0 => $"{OneOf("Partito", "Movimento", "Unione", "Fronte", "Alleanza", "Lega", "Sinistra", "Centro", "Rinnovamento")} {OneOf("Democratico", "Socialista", "Popolare", "Liberale", "Comunista", "Nazionale", "Repubblicano", "Cristiano", "Radicale", "per il Futuro", "della Libertà", "dei Lavoratori", "per la Patria", "Verde")}",
        1 => OneOf("Democratic Party", "Labour", "Conservative Party", "Green Party", "People's Party", "Workers' Union", "National Front", "Likud", "Hamas", "Hezbollah", "Fatah", "Fidesz", "Syriza", "Podemos", "Ciudadanos", "Vox"),
        2 => OneOf("Forza Italia", "Lega", "Verdi", "Radicali", "Italia Viva", "Azione", "Fratelli d'Italia", "Alleanza Nazionale", "Democrazia Cristiana", "Rifondazione", "Scelta Civica", "Margherita", "Ulivo"),
        3 => Known("acronym"),
        _ => Acronym(),
    };

    internal string Newspaper() => random.Next(5) switch
    {
        0 => $"{OneOf("la", "il", "", "La", "Il", "The")} {OneOf("Gazzetta", "Corriere", "Messaggero", "Tribuna", "Giornale", "Eco", "Voce", "Nazione", "Stampa", "Repubblica", "Mattino", "Times", "Herald", "Post", "Chronicle", "Tribune")}{OneOf("", $" di {City()}", " della Sera", "", " Today")}".Trim(),
        1 => $"{City()} {OneOf("Times", "Herald", "Post", "Chronicle", "Tribune", "News", "Today", "Zeitung", "Oggi")}",
        2 => OneOf("ANSA", "Reuters", "AGI", "Adnkronos", "Associated Press", "BBC", "CNN", "Rai", "Mediaset", "Sky TG24", "El País", "Le Monde", "Der Spiegel", "Xinhua", "Al Jazeera", "New York Times", "Financial Times"),
        3 => $"{OneOf("Radio", "Tele", "Canale", "TV", "Rete")} {OneOf(City(), Word(), Number(9))}",
        _ => $"{OneOf("L'", "l'")}{OneOf("Unità", "Espresso", "Avvenire", "Opinione", "Osservatore", "Arena", "Adige", "Indipendente")}",
    };

    internal string Region() => random.Next(5) switch
    {
        0 => $"{OneOf("Monte", "Lago", "Valle", "Isola", "Golfo", "Mar", "Costa", "Penisola", "Val", "Passo", "Lake", "Mount", "River", "Cape", "Port", "Fort", "Sierra", "Río")} {Word()}",
        1 => $"{OneOf("Lago di", "Isola di", "Golfo di", "Valle di", "Stretto di", "Baia di", "Piana di", "Bay of", "Gulf of", "Isle of", "Valle de", "Îles de")} {City()}",
        2 or 3 => OneOf(Known("italy"), Known("world"), Known("countries")),
        _ => $"{Word()} {OneOf("Settentrionale", "Meridionale", "Orientale", "Occidentale", "del Nord", "del Sud", "Valley", "Islands", "Mountains")}",
    };

    internal string Venue() => random.Next(4) switch
    {
        0 => $"{OneOf("Piazza", "Palazzo", "Villa", "Teatro", "Stadio", "Castello", "Parco", "Porta", "Ponte", "Basilica di", "Chiesa di", "Santuario di", "Museo", "Torre")} {OneOf(Last(), First() + " " + Last(), "San " + First(), "Santa " + First(), "della " + Capital(), "del " + Capital())}",
        1 => $"{Word()} {OneOf("Arena", "Stadium", "Park", "Square", "Hall", "Palace", "Bridge", "Tower", "Castle", "Airport", "Station")}",
        2 => OneOf("Piazza San Pietro", "Piazza Duomo", "Circo Massimo", "Colosseo", "Casa Bianca", "Cremlino", "Louvre", "Wembley", "San Siro", "Stadio Olimpico", "Wall Street", "Downing Street"),
        _ => $"{OneOf("Teatro", "Hotel", "Palazzo", "Plaza", "Place", "Schloss", "Museo")} {OneOf(Last(), Word(), City())}",
    };

    // Capitals that name neither people nor places.
    internal string Nobody() => OneOf(
        "Premio Nobel", "Nobel", "Oscar", "Golden Globe", "Leone d'Oro", "Palma d'Oro", "Pallone d'Oro", "Coppa Italia", "Coppa del Mondo", "Champions League", "Europa League", "Serie A", "Serie B", "Gran Premio", "Giro", "Tour", "Olimpiadi", "Mondiali",
        "Natale", "Pasqua", "Capodanno", "Ferragosto", "Halloween", "Ramadan", "Costituzione", "Bibbia", "Corano", "Carta dei diritti", "Codice Penale", "Codice Civile", "Legge di Bilancio", "Finanziaria", "Testo Unico", "Statuto dei Lavoratori",
        "Covid", "AIDS", "HIV", "DNA", "Internet", "Web", "Windows", "Android", "Risorgimento", "Rinascimento", "Medioevo", "Resistenza", "Grande Guerra", "Guerra Fredda", "Seconda Guerra Mondiale", "Shoah", "Islam", "Cristianesimo", "Buddhismo",
        "Ministro", "Presidente", "Onorevole", "Sindaco", "Pontefice", "Santo Padre", "Capo dello Stato", "Primo Ministro", "Terra", "Luna", "Sole", "World Cup", "Grammy", "Emmy", "Pulitzer", "Christmas", "Easter", "Thanksgiving", "Super Bowl",
        "Gioconda", "Divina Commedia", "Promessi Sposi", "Gomorra", "Titanic", "Amleto", "Traviata", "Boeing 747", "Airbus A320", "Fiat Punto", "iPhone", "PlayStation", Capital() + " " + Capital(), Capital(), "Legge " + Number(300));

    private string Capital() => _common[random.Next(_common.Length)] is var word ? char.ToUpperInvariant(word[0]) + word[1..] : "";

    private string Known(string list) => _known[list] is var all ? all[random.Next(all.Length)].Replace('_', ' ') : "";

    internal string Street() => random.Next(12) switch
    {
        0 => $"{Number(9999)} {Last()} {OneOf("Street", "St", "Avenue", "Ave", "Road", "Lane", "Drive", "Court", "Way", "Boulevard")}",
        1 => $"{Number(999)} {OneOf("Main", "Oak", "High", "Park", "Church", "Mill", "Victoria")} {OneOf("Street", "St.", "Road", "Rd")}",
        2 or 3 => $"Via {Person0()} {Number(200)}",
        4 => $"Calle {OneOf("", "de ")}{Last()}, {Number(150)}",
        5 => $"{Number(120)} rue {OneOf("de ", "du ", "")}{Last()}",
        6 => $"{Last()}{OneOf("straße", "strasse", "weg", "gasse", "str.")} {Number(150)}",
        7 or 8 or 9 => $"{Number(99999)} {Word()} {Number(2000)}",
        10 => $"{Number(99999)} {Word()} {Word()} {Number(300)}",
        _ => $"{Word()}{OneOf("gatan", "vej", "veien", "katu", "tie", "gata", " utca", " ulica", "laan", "straat", "ova")} {Number(150)}",
    };

    internal string Address()
    {
        var unit = random.Next(3) == 0 ? OneOf($"Apt. {Number(999)}", $"Suite {Number(999)}", $"Unit {Number(99)}", $"int. {Number(20)}") : "";
        var gap = OneOf("\n", "\n ", ", ", " ", "\n    ");
        var city = random.Next(4) == 0 ? City().ToUpperInvariant() : City();
        return string.Join(gap, new[]
        {
            random.Next(8) == 0 && unit.Length > 0 ? $"{unit} {Street()}" : Street(), unit,
            random.Next(7) switch
            {
                0 => $"{Zip()} {city}", 1 => $"{city} {Zip()}", 2 => $"{city}{gap}, {State()}{gap}{Country()} {Zip()}", 3 => $"{city}, {State()} {Zip()}",
                4 => $"{city}{gap}{State()}{gap}{Zip()}", 5 => $"{city}{gap}{Country()}", _ => $"{city}{gap}{Country()} {Zip()}",
            },
        }.Where(p => p.Length > 0));
    }

    internal string Zip() => OneOf(Digits(5), Digits(5), Digits(4), $"{Digits(3)} {Digits(2)}", $"{Digits(2)}-{Digits(3)}");

    internal string Number(int most) => (1 + random.Next(most)).ToString(System.Globalization.CultureInfo.InvariantCulture);

    internal string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)('0' + random.Next(10))));

    internal string OneOf(params string[] all) => all[random.Next(all.Length)];

    // Streetcred, Healthmap
    private string Compound() => Small() is var word ? char.ToUpperInvariant(word[0]) + word[1..] + (random.Next(3) == 0 ? OneOf("ly", "ify", "io", "ist", "ana", "ix", "era") : Small()) : "";

    private string Small() => _common[random.Next(_common.Length)] is { Length: < 8 } word ? word : Small();

    private string Person0() => OneOf($"{First()} {Last()}", Last(), $"{OneOf("dei", "della", "del", "San")} {Last()}");

    internal string Acronym() => string.Concat(Enumerable.Range(0, 2 + random.Next(4)).Select(_ => (char)('A' + random.Next(26))));

    private string State() => $"{(char)('A' + random.Next(26))}{(char)('A' + random.Next(26))}";

    private string Word() => Invent("city", _city);

    private string Draw(string kind, string[] list, double invented) => random.NextDouble() < invented ? Invent(kind, list) : list[random.Next(list.Length)];

    // A chain of three letters: new names with the sound of the old.
    private string Invent(string kind, string[] list)
    {
        if (!_chains.TryGetValue(kind, out var chain))
        {
            _chains[kind] = chain = [];
            foreach (var name in list)
            {
                var padded = "^^^" + name + "$";
                for (var k = 3; k < padded.Length; k++)
                {
                    var key = padded.Substring(k - 3, 3);
                    (chain.TryGetValue(key, out var next) ? next : chain[key] = []).Add(padded[k]);
                }
            }
        }
        while (true)
        {
            var made = new StringBuilder("^^^");
            while (made[^1] != '$' && made.Length < 18)
            {
                var next = chain[made.ToString(made.Length - 3, 3)];
                made.Append(next[random.Next(next.Count)]);
            }
            if (made[^1] == '$' && made.Length >= 8)
            {
                return made.ToString(3, made.Length - 4);
            }
        }
    }
}
