using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>Personal data that is broken, wrapped, spelled, or carried in something else.</summary>
public sealed class DisguiseTests
{
    private static readonly Redactor Redactor = new(new Detector(TimeProvider.System, TimeSpan.FromSeconds(5)));

    private static string Redact(string text) =>
        Redactor.Redact(new Sensitive<string>(text), new Dictionary<string, RedactionOperator>(), new Pseudonyms()).Text;

    [Theory]
    [InlineData("IBAN: IT60X05428\n 11101000000123456.", "IBAN: <IBAN_CODE>.")]
    [InlineData("IBAN: IT60X05428\r\n\t11101000000123456.", "IBAN: <IBAN_CODE>.")]
    [InlineData("versare su IT60X05428\n11101000000123456 subito", "versare su <IBAN_CODE> subito")]
    [InlineData("su conto DE89 3704 004\n    4 0532 0130 00 intestato", "su conto <IBAN_CODE> intestato")]
    [InlineData("> il mio conto DE89 3704 0044\n> 0532 0130 00", "> il mio conto <IBAN_CODE>")]
    [InlineData("codice fiscale RSSMRA8\n   5T10A562S qui", "codice fiscale <IT_FISCAL_CODE> qui")]
    [InlineData("carta 41111\n11111111111 scaduta", "carta <CREDIT_CARD> scaduta")]
    [InlineData("pagato con 4111 11\n11 1111 1111 ieri", "pagato con <CREDIT_CARD> ieri")]
    [InlineData("Tel. +39 33\n   8 1234567", "Tel. <PHONE_NUMBER>")]
    public void A_line_break_anywhere_inside_hides_nothing(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("41111\n11111111111")] // two numbers of a column: no word, no groups of four
    [InlineData("IT61X05428\n11101000000123456 no")] // a wrong checksum
    [InlineData("totale 4111\n11 casse")]
    [InlineData("quantità 3471234567 pezzi")]
    [InlineData("cap. 3.2.1.4 del capitolato")]
    [InlineData("versione 10.2.0.17 installata")]
    [InlineData("bilancio 1.000.000.000")]
    [InlineData("codice 000-12-3456")]
    [InlineData("ABCDEFGHIJKLMNOP")]
    [InlineData("CF RSSMRAURTMLARSNO")] // seven letters for digits, and a wrong one behind them
    public void Numbers_that_meet_by_chance_or_count_things_are_left(string text) =>
        Detector.OfRules(TimeProvider.System, TimeSpan.FromSeconds(5)).Find(new Sensitive<string>(text)).Should().BeEmpty();

    [Theory]
    [InlineData("https://x.example/u?id=RSSMRA85T10A562S&ok=1", "<URL><IT_FISCAL_CODE><URL>")]
    [InlineData("https://x.example/u/RSSMRA85T10A562S/edit", "<URL><IT_FISCAL_CODE><URL>")]
    [InlineData("vedi https://x.example/u/IT60X0542811101000000123456", "vedi <URL><IBAN_CODE>")]
    [InlineData("https://x.example/?a=mario.rossi%40example.it&b=4111111111111111 qui", "<URL><EMAIL_ADDRESS><URL><CREDIT_CARD> qui")]
    [InlineData("GET http://10.1.2.3:8080/x?ip=192.168.1.20 fine", "GET <URL><IP_ADDRESS> fine")]
    [InlineData("https://x.example/2024/03/15/notizia", "<URL>")]
    public void What_a_web_address_carries_is_found_by_its_own_kind_and_the_rest_stays_hidden(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("a mario@mail dot example dot org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario.rossi@example punto it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario dot rossi at example dot org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario (dot) rossi (at) mail (dot) example (dot) org oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario@example[.]it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario\\x40example.it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("a mario[@]example.it oggi", "a <EMAIL_ADDRESS> oggi")]
    [InlineData("da 192[.]168[.]1[.]20 ieri", "da <IP_ADDRESS> ieri")]
    [InlineData("hxxps[:]//mail.example[.]it/x ieri", "<URL> ieri")]
    [InlineData("card=4111+1111+1111+1111&x=1", "card=<CREDIT_CARD>&x=1")]
    [InlineData("telefono 3 3 8 1 2 3 4 5 6 7 ore 9", "telefono <PHONE_NUMBER> ore 9")]
    [InlineData("{\"codice_fiscale\":\"CCFPFCQSMNLGNTPB\"}", "{\"codice_fiscale\":\"<IT_FISCAL_CODE>\"}")]
    public void What_people_write_for_people_alone_is_read(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("IBAN: <span>IT60</span> <span>X054</span> <b>2811</b> 1010 0000 0123 456 ok", "IBAN: <span><IBAN_CODE> ok")]
    [InlineData("carta 4111<wbr>1111<wbr>1111<wbr>1111 ok", "carta <CREDIT_CARD> ok")]
    [InlineData("IBAN: IT60X0542811<br/>101000000123456 ok", "IBAN: <IBAN_CODE> ok")]
    [InlineData("<b>Anna</b> e <i>ieri</i>", "<b><PERSON></b> e <i>ieri</i>")] // words keep their tags
    [InlineData("Gentile Nicol&ograve; Fabbri, grazie", "Gentile <PERSON>, grazie")]
    public void Markup_inside_a_number_or_a_name_hides_nothing(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("Codice fiscale: RSSMRA8STI0A562S qui", "Codice fiscale: <IT_FISCAL_CODE> qui")]
    [InlineData("IBAN: IT6OX054281110100OOOO123456 qui", "IBAN: <IBAN_CODE> qui")]
    [InlineData("IBAN: IT60 X054 28ll 10I0 0000 0l23 456 qui", "IBAN: <IBAN_CODE> qui")]
    [InlineData("carta 4111 1111 1111 111l qui", "carta <CREDIT_CARD> qui")]
    public void Letters_for_digits_that_look_alike_are_read_as_meant(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("il mio numero è tre quattro sette uno due tre quattro cinque sei sette, chiami", "il mio numero è <PHONE_NUMBER>, chiami")]
    [InlineData("telefono trentatré quarantasette, dodici, trentaquattro, cinque sei ok", "telefono <PHONE_NUMBER> ok")]
    [InlineData("my number is four one five five five five two six seven one thanks", "my number is <PHONE_NUMBER> thanks")]
    [InlineData("card number four one one one one one one one one one one one one one one one ok", "card number <CREDIT_CARD> ok")]
    [InlineData("uno due tre quattro cinque sei sette otto nove", "uno due tre quattro cinque sei sette otto nove")]
    [InlineData("one two three, go", "one two three, go")]
    public void Numbers_said_in_words_are_numbers_unless_somebody_counts(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("mail: mario.rossi(a)example.it ok", "mail: <EMAIL_ADDRESS> ok")]
    [InlineData("mail: mario.rossi=40example.it ok", "mail: <EMAIL_ADDRESS> ok")]
    [InlineData("mail: mario . rossi @ example . it ok", "mail: <EMAIL_ADDRESS> ok")]
    [InlineData("e-mail m a r i o @ e x a m p l e . i t.", "e-mail <EMAIL_ADDRESS>.")]
    [InlineData("f(a)b.toString() e my insta is @zzq.fit92", "f(a)b.toString() e my insta is @zzq.fit92")]
    [InlineData("host 203(.)0(.)113(.)9 giù", "host <IP_ADDRESS> giù")]
    [InlineData("host 203 dot 0 dot 113 dot 9 giù", "host <IP_ADDRESS> giù")]
    [InlineData("da [2001:db8:85a3:0:0:8a2e:370:7334]:443 e 2001:db8:85a3:0:0:8a2e:370:7334:443", "da [<IP_ADDRESS>]:443 e <IP_ADDRESS>:443")]
    [InlineData("cell 347_123_4567 o 347*123*4567", "cell <PHONE_NUMBER> o <PHONE_NUMBER>")]
    [InlineData("DNI: 12.345.678-Z", "DNI: <ES_NIF>")]
    [InlineData("C.F.: BRTLRI78B54H501A", "C.F.: <IT_FISCAL_CODE>")]
    public void Hidden_addresses_and_odd_separators_are_read(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("password=Tr0ub4dor&3xyz fine", "password=<SECRET> fine")]
    [InlineData("password=Tr0ub4dor3&utente=x", "password=<SECRET>&utente=x")]
    [InlineData("la password è Gatto!Rosso77, ricordala", "la password è <SECRET>, ricordala")]
    [InlineData("la password del portale e' Gatto!Rosso77", "la password del portale e' <SECRET>")]
    [InlineData("la password è obbligatoria", "la password è obbligatoria")]
    [InlineData("PIN: 48213", "PIN: <SECRET>")]
    [InlineData("il pin della carta è 48213", "il pin della carta è <SECRET>")]
    [InlineData("usare il pin 7 della porta 4821", "usare il pin 7 della porta 4821")]
    [InlineData("postgres://app:s3cr3tP4ss@db.example.it:5432/prod", "<SECRET>")]
    public void Secrets_that_people_tell_each_other_are_secrets(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("BEGIN:VCARD\r\nN:Bianchi;Laura;;;\r\nitem1.TEL;TYPE=CELL:3471234567\r\nADR:;;Via Roma 1;Torino;;10122;Italia\r\nEND:VCARD", "BEGIN:VCARD\r\nN:<PERSON>;;;\r\nitem1.TEL;TYPE=CELL:<PHONE_NUMBER>\r\nADR:;;<STREET_ADDRESS>\r\nEND:VCARD")]
    [InlineData("nato il dieci dicembre 1985", "nato il <BIRTH_DATE>")]
    [InlineData("data di nascita: 10.12.85", "data di nascita: <BIRTH_DATE>")]
    [InlineData("versione 10.12.85 uscita", "versione 10.12.85 uscita")]
    [InlineData("salve abito in via oberdan 15 grazie", "salve abito in <STREET_ADDRESS> grazie")]
    [InlineData("vado via alle 15 e passo via mail 3", "vado via alle 15 e passo via mail 3")]
    public void Cards_of_contacts_spoken_dates_and_small_streets_are_found(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("MSH|^~\\&|A\rPID|1||123456^^^HOSP^MR||ROSSI^GIULIA||19850412|F|||VIA VERDI 8^^TORINO^^10124^ITA||0115551234\rPV1|1|I|||||77^FERRI^ANNA",
        "MSH|^~\\&|A\rPID|1||<MEDICAL_RECORD_ID>^^^HOSP^MR||<PERSON>||<BIRTH_DATE>|F|||<STREET_ADDRESS>||<PHONE_NUMBER>\rPV1|1|I|||||<PERSON>")]
    [InlineData("vedi PID|1||123 nel manuale", "vedi PID|1||123 nel manuale")] // not at the beginning of a line
    [InlineData("{\"family\": \"Conti\", \"given\": [\"Adele\"]}", "{\"family\": \"<PERSON>\", \"given\": [\"<PERSON>\"]}")]
    [InlineData("<a:Cognome> Pace </a:Cognome>", "<a:Cognome> <PERSON> </a:Cognome>")]
    [InlineData("{\"name\": \"lodash\", \"family\": \"x86\"}", "{\"name\": \"lodash\", \"family\": \"x86\"}")]
    public void Fields_that_hold_nothing_but_a_person_are_found_by_their_place(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("mysql -u root -p'R00t!pass' prod", "mysql -u root -p'<SECRET>' prod")]
    [InlineData("sshpass -p S3gret0!! ssh host", "sshpass -p <SECRET> ssh host")]
    [InlineData("mysql -u root -p prod", "mysql -u root -p prod")]
    [InlineData("mysqldump -p$DB_PASS prod", "mysqldump -p$DB_PASS prod")]
    [InlineData("PGPASSWORD=gr33nT3a psql -h db", "PGPASSWORD=<SECRET> psql -h db")]
    [InlineData("redis://:p4ssw0rdXyz@cache.example.org:6379/0", "<SECRET>")]
    [InlineData("OTP: 482913", "OTP: <SECRET>")]
    [InlineData("chiave WPA: k9Lm-22xP-77qR", "chiave WPA: <SECRET>")]
    [InlineData("key: mario.rossi@example.it", "key: <EMAIL_ADDRESS>")]
    public void Secrets_in_commands_and_settings_are_secrets_and_their_holders_are_not(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("demeurant 12 bis avenue Victor Hugo, 75116 Paris", "demeurant <STREET_ADDRESS>")]
    [InlineData("au 3 place de la Mairie, 31000 Toulouse", "au <STREET_ADDRESS>")]
    [InlineData("au 45 chemin des Vignes, 13090 Aix-en-Provence", "au <STREET_ADDRESS>")]
    [InlineData("BIC COBADEFFXXX", "BIC <BIC>")]
    [InlineData("NI number QQ123456C", "NI number <UK_NINO>")]
    [InlineData("Hola, soy Pablo y te llamo mañana", "Hola, soy <PERSON> y te llamo mañana")]
    public void Addresses_and_codes_of_other_countries_are_whole(string text, string expected) => Redact(text).Should().Be(expected);

    [Theory]
    [InlineData("spedire a 880 Harbour Blvd Suite 200, Weehawken, NJ 07086 oggi", "spedire a <STREET_ADDRESS> oggi")]
    [InlineData("of Flat 3, 27 Queen's Road, alleges", "of <STREET_ADDRESS>, alleges")]
    [InlineData("carta 4111\u00B71111\u00B71111\u00B71111 ok", "carta <CREDIT_CARD> ok")]
    [InlineData("pwd xK9!mm3Qz (non condividere)", "pwd <SECRET> (non condividere)")]
    [InlineData("pwd errata, riprovare", "pwd errata, riprovare")]
    [InlineData("token dckr_pat_AbCdEfGhIjKlMnOpQrStUvWx ok", "token <SECRET> ok")]
    [InlineData("il numero della sostanza è 7664-93-9", "il numero della sostanza è 7664-93-9")]
    [InlineData("see figure 3.1.4.1 for details", "see figure 3.1.4.1 for details")]
    public void Odd_places_and_signs_are_read_and_numbers_of_things_are_left(string text, string expected) => Redact(text).Should().Be(expected);

    [Fact]
    public void A_picture_of_many_lines_inside_a_card_of_a_contact_hides_nothing_behind_it()
    {
        var picture = string.Concat(Enumerable.Repeat(" QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n", 1000));

        Redact($"BEGIN:VCARD\nPHOTO;ENCODING=b:QUJD\n{picture}N:Bianchi;Laura;;;\nEND:VCARD").Should().EndWith("N:<PERSON>;;;\nEND:VCARD");
    }
}
