using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Tagging;

/// <summary>Small words that say what stands beside them: titles, kinds of street, forms of companies, prepositions.</summary>
internal static class WordClasses
{
    private static readonly string[] Classes =
    [
        "sig sigra signora signor signorina dott dottor dottoressa ssa avv ing prof professor professoressa geom arch rag on sen mr mrs ms miss dr sir lord lady herr frau monsieur madame mme mlle señor señora sr sra don doña suor judge senator governor doctor president presidente sindaco ministro king queen captain doctora médico paziente paciente patient",
        "via viale piazza corso largo vicolo calle avenida plaza paseo rue avenue boulevard street road lane drive court square straße platz weg apt suite unit apartment box st ave rd",
        "spa srl snc sas srls inc ltd llc plc corp gmbh ag kg sa sarl sl nv bv co company group gruppo società ditta impresa azienda banca bank hospital ospedale clinica università university universidad comune ministero istituto fondazione associazione foundation institute school scuola college asl hotel holdings orchestra",
        "a ad in da di de from in at to near of en à bei aus von nach zu au desde",
        "mi chiamo name is sono nome cognome nombre apellidos apellido nom prénom vorname nachname called heiße llamo appelle firmato firma signed contact intestatario beneficiario referente dear caro cara gentile egregio egregia hi hello ciao hallo hola regards saluti grüßen cordialement sincerely thanks",
        "ha è fu disse said says told è nato nata born e and und et y con with",
    ];

    /// <summary>The words with their classes, 1 to 6; <see cref="Recognizers.Gazetteer"/> keeps them.</summary>
    internal static Dictionary<uint, byte> Load()
    {
        var all = new Dictionary<uint, byte>();
        for (var k = 0; k < Classes.Length; k++)
        {
            foreach (var word in Classes[k].Split(' '))
            {
                all.TryAdd(WordHash.Of(word), (byte)(k + 1));
            }
        }
        return all;
    }
}
