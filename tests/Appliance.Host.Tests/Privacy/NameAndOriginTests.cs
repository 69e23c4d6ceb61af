using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>What tables are sure of goes before what the tagger believes: origins, companies, countries, first names, and addresses in lines.</summary>
public sealed class NameAndOriginTests
{
    [Theory]
    [InlineData("Nazionalità: marocchina", "Nazionalità: <NRP>")]
    [InlineData("è un cittadino albanese", "è un cittadino <NRP>")]
    [InlineData("di religione cattolica", "di religione <NRP>")]
    [InlineData("a Polish comedy", "a <NRP> comedy")]
    [InlineData("we are proud ecuadoreans", "we are proud <NRP>")]
    [InlineData("nacionalidad española", "nacionalidad <NRP>")]
    [InlineData("ha mangiato un piatto italiano", "ha mangiato un piatto italiano")]
    public void Where_somebody_belongs_is_found_where_a_word_says_so(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("she works for Acme Data Technologies now", "ORGANIZATION")]
    [InlineData("she works for Zzyzx GmbH now", "ORGANIZATION")]
    [InlineData("I bought it from Microsoft last year", "ORGANIZATION")]
    [InlineData("we live in Czech Republic now", "LOCATION")]
    [InlineData("then they moved from Senegal to here", "LOCATION")]
    [InlineData("the other one is Jessica, as you know", "PERSON")]
    [InlineData("lo ha detto la NATO ieri", "ORGANIZATION")]
    [InlineData("indaga il Tribunale di Milano sul caso", "ORGANIZATION")]
    [InlineData("secondo la Guardia di Finanza non era vero", "ORGANIZATION")]
    [InlineData("sono stati anni felici in Italia con tutti", "LOCATION")]
    [InlineData("si parla di pace in Medio Oriente da mesi", "LOCATION")]
    public void What_the_tables_know_is_found_whatever_the_tagger_believes(string text, string type) =>
        new Detector(TimeProvider.System, TimeSpan.FromSeconds(30)).Find(new Sensitive<string>(text)).Should().ContainSingle().Which.EntityType.Should().Be(type);

    [Theory]
    [InlineData("public Cell getCell(Row row) throws IOException {StringBuilder sb = new StringBuilder(8);ValueEval e = args[0];return TreeFilter.ALL;}", false)]
    [InlineData("the actor Leonardo DiCaprio and Ronald McDonald met", true)]
    public void Words_of_programs_are_nobodys_names(string text, bool people) => Redact(text).Contains("<PERSON>").Should().Be(people);

    [Theory]
    [InlineData("Mi chiamo Marco Gentile e risiedo a Torino", "Mi chiamo <PERSON> e risiedo a <LOCATION>")]
    [InlineData("Mi chiamo Luca Ferrero e abito in Via Toledo Mi scuso del ritardo", "Mi chiamo <PERSON> e abito in <STREET_ADDRESS> Mi scuso del ritardo")]
    [InlineData("Gentile Anna Neri, le scrivo", "Gentile <PERSON>, le scrivo")]
    [InlineData("Oggetto: Orari e Servizi delle Biblioteche Comunali Gentili Responsabili delle Biblioteche Comunali", "Oggetto: Orari e Servizi delle Biblioteche Comunali Gentili Responsabili delle Biblioteche Comunali")]
    public void Who_is_greeted_is_hidden_and_the_greeting_is_not(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("??? 83854 Strickstrasse 61\n??? Suite 292\n", "??? <STREET_ADDRESS> <STREET_ADDRESS>\n??? <STREET_ADDRESS>\n")]
    [InlineData("his address: 6138 Via Roma 131", "his address: <STREET_ADDRESS> <STREET_ADDRESS>")]
    [InlineData("> Apt. 735\n> Poland 11248", "> <STREET_ADDRESS>\n> <LOCATION> <STREET_ADDRESS>")]
    [InlineData("send it to the corner of Elm Street 5 and Rennie Lane please", "send it to <STREET_ADDRESS> please")]
    public void Every_line_and_number_of_an_address_is_hidden_and_lines_stay_lines(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("Inoltre la pratica è chiusa. Nella mattinata tutto torna normale. Per ora basta.")]
    [InlineData("However, it works. Nevertheless we wait. Then nothing happened.")]
    public void Small_words_that_begin_sentences_are_nobodys_names(string text) => Redact(text).Should().NotContain("<PERSON>").And.NotContain("<LOCATION>");

    [Theory]
    [InlineData("User: Eve Magrath")]
    [InlineData("User: 5586 Main Street")]
    public void What_a_user_says_is_not_what_the_user_is_called(string text) =>
        new Detector(TimeProvider.System, TimeSpan.FromSeconds(30)).Find(new Sensitive<string>(text)).Should().NotContain(f => f.EntityType == "USERNAME");

    [Fact]
    public void Whoever_says_in_a_letter_what_they_are_called_is_hidden_with_the_whole_name()
    {
        var said = new System.Text.RegularExpressions.Regex("(?:[Mm]i chiamo|[Ss]aluti|[Ss]ono|[Ff]irmato|Cordialmente|[Ss]ignora?) ((?:[A-Z][a-zà-ù]+ ){0,2}[A-Z][a-zà-ù]+)(?![a-zà-ù0-9])");
        var detector = new Detector(TimeProvider.System, TimeSpan.FromSeconds(10));
        var letters = Directory.GetFiles(Repository.File("samples", "letters-it"), "*.csv").SelectMany(File.ReadLines).ToArray();

        var names = letters.SelectMany(letter =>
        {
            var hidden = detector.Find(new Sensitive<string>(letter)).SelectMany(f => Enumerable.Range(f.Start, f.End - f.Start)).ToHashSet();
            return said.Matches(letter).Select(m => m.Groups[1]).Select(g => (g.Value, Whole: Enumerable.Range(g.Index, g.Length).All(k => hidden.Contains(k) || letter[k] == ' ')));
        }).ToArray();

        names.Should().HaveCountGreaterThan(300);
        names.Where(n => !n.Whole).Select(n => n.Value).Should().BeEmpty();
    }

    private static string Redact(string text) =>
        new Redactor(new Detector(TimeProvider.System, TimeSpan.FromSeconds(30))).Redact(new Sensitive<string>(text), new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;
}
