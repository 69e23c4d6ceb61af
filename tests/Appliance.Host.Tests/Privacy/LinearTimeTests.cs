using System.Text;
using Appliance.Domain.Privacy;

namespace Appliance.Tests.Privacy;

/// <summary>Tests that compare times run alone, when the others have ended.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>No text is so hostile that twice of it takes much more than twice the time.</summary>
[Collection("alone")]
public sealed class LinearTimeTests
{
    [Theory]
    [MemberData(nameof(Hostile))]
    public void Twice_the_text_takes_at_most_2_3_times_the_time(string unit)
    {
        var detector = new Detector(TimeProvider.System, TimeSpan.FromMinutes(1));
        double Time(int length)
        {
            var (text, scan) = (Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, length / unit.Length))), new Domain.Privacy.Scanning.Scan());
            var best = double.MaxValue;
            for (var tries = 0; tries < 5; tries++)
            {
                var started = TimeProvider.System.GetTimestamp();
                detector.Find(scan, text, default);
                best = Math.Min(best, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            }
            return best;
        }

        var (once, twice) = (Time(1 << 18), Time(1 << 19));
        for (var again = 0; again < 20 && twice > 2.3 * once + 2; again++)
        {
            (once, twice) = (Time(1 << 18), Time(1 << 19)); // the machine may have had other work meanwhile: measure both again
        }

        twice.Should().BeLessThanOrEqualTo((2.3 * once) + 2, "2 ms for what does not grow");
    }

    public static TheoryData<string> Hostile() =>
    [
        "1", "1 ", "1-", "1.", "1,", "12 34 56 ", "a", "A", "A ", "Aa ", "a@", "@", "a.", ".", "a.b.", "a:", "::", ":", "1:", "a@a.", "://", "http://", "AB1", "A1 ", "IT60X ", "Via ", "Via Roma 1, ",
        "password: ", "eyJ", "-----BEGIN PRIVATE KEY", "AKIA", "<PERSON", "&#", "%4", "\\u00", "é", "’", "Mi chiamo Anna ", "+39 ", "(1) ", "1/1/", "0x", "at dot ", "Q~", "\u200B", "123e4567-",
        "12 34\n56 ", "uno due ", "CF 0O1I", "iban IT6O ", "x(a)", "x=40a.it", "10 dot 1 dot ", "a @ b ", "BEGIN:VCARD\nN:a\n", "password è ", "pin 1 ", "<b>1</b>", "<br>1", "1(.)", "p.zza ", "C.F. ", "PID|1||2\n", "PID|", "</a>", "x</family>", "family\":\"", "mysql ", "mysql -p", "sshpass -p ", "1 bis via ", "BIC ABCDEFGH ", "cf A1 ", "CF 1234 ", "password=a&", "1234\n", "IT60\n  X", "carta 4111 11\n", "http://a.b/1.2.3.4/x@y.it/", "a.it/", "a dot b at ", "a@b dot ", "[.]", "tel 1 2 3 4 5 6 7 8 9 ", "ABCDEFGHIJKLMNOP ",
    ];
}
