using System.Text;
using Appliance.Domain.Privacy.Scanning;

namespace Appliance.Domain.Privacy.Recognizers;

/// <summary>Messages between the systems of a hospital (HL7 version 2): which field of which segment holds what is fixed. Source: HL7 v2.5.1, chapters 3 and 6.</summary>
internal sealed class HealthMessageRecognizer : IRecognizer
{
    private const int LineMax = 1 << 14, FieldsMax = 60, SegmentLength = 3;
    private const float Score = 0.9f;
    private const string Record = "MEDICAL_RECORD_ID", Policy = "POLICY_NUMBER", Licence = "US_DRIVER_LICENSE", SocialSecurity = "US_SSN";

    private static readonly Dictionary<(string Segment, int Field), string> Fields = new()
    {
        [("PID", 2)] = Record, [("PID", 3)] = Record, [("PID", 4)] = Record, [("PID", 5)] = EntityTypes.Person, [("PID", 6)] = EntityTypes.Person, [("PID", 7)] = EntityTypes.BirthDate,
        [("PID", 9)] = EntityTypes.Person, [("PID", 11)] = EntityTypes.StreetAddress, [("PID", 13)] = EntityTypes.Phone, [("PID", 14)] = EntityTypes.Phone, [("PID", 18)] = Record,
        [("PID", 19)] = SocialSecurity, [("PID", 20)] = Licence,
        [("NK1", 2)] = EntityTypes.Person, [("NK1", 4)] = EntityTypes.StreetAddress, [("NK1", 5)] = EntityTypes.Phone, [("NK1", 6)] = EntityTypes.Phone,
        [("PV1", 7)] = EntityTypes.Person, [("PV1", 8)] = EntityTypes.Person, [("PV1", 9)] = EntityTypes.Person, [("PV1", 17)] = EntityTypes.Person, [("PV1", 19)] = Record,
        [("GT1", 3)] = EntityTypes.Person, [("GT1", 5)] = EntityTypes.StreetAddress, [("GT1", 6)] = EntityTypes.Phone, [("GT1", 7)] = EntityTypes.Phone, [("GT1", 8)] = EntityTypes.BirthDate,
        [("GT1", 12)] = SocialSecurity,
        [("IN1", 16)] = EntityTypes.Person, [("IN1", 18)] = EntityTypes.BirthDate, [("IN1", 19)] = EntityTypes.StreetAddress, [("IN1", 36)] = Policy,
    };

    private static readonly (string Name, byte[] Mark)[] Segments = [.. Fields.Keys.Select(f => f.Segment).Distinct().Select(s => (s, Encoding.ASCII.GetBytes(s + "|")))];

    public string Name => "health messages";

    public void Find(Scan scan)
    {
        var view = scan.View;
        if (view.IndexOf("PID|"u8) < 0)
        {
            return;
        }
        foreach (var (segment, mark) in Segments)
        {
            for (var at = view.IndexOf(mark); at >= 0; at = Bytes.Next(view, at + mark.Length, mark))
            {
                if (at == 0 || view[at - 1] is (byte)'\r' or (byte)'\n')
                {
                    Line(scan, segment, at + SegmentLength);
                }
            }
        }
    }

    private static void Line(Scan scan, string segment, int at)
    {
        var line = scan.View[at..Math.Min(scan.View.Length, at + LineMax)];
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        line = end < 0 ? line : line[..end];
        for (var (field, from) = (1, 1); field <= FieldsMax && from <= line.Length; field++)
        {
            var length = line[from..].IndexOf((byte)'|');
            length = length < 0 ? line.Length - from : length;
            if (Fields.TryGetValue((segment, field), out var type))
            {
                Field(scan, type, at + from, line.Slice(from, length));
            }
            from += length + 1;
        }
    }

    // 123456^^^HOSP^MR: a number is its first part, a name or an address is all of its parts.
    private static void Field(Scan scan, string type, int at, ReadOnlySpan<byte> value)
    {
        var part = type is EntityTypes.Person or EntityTypes.StreetAddress ? value : value.IndexOf((byte)'^') is var cut and > 0 ? value[..cut] : value;
        part = part.TrimEnd("^~&"u8);
        if (Bytes.HasWord(part))
        {
            scan.Add(type, at, at + part.Length, Score, "hl7");
        }
    }
}
