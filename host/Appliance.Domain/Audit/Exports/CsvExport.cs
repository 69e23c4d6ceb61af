using System.Globalization;
using System.Text;

namespace Appliance.Domain.Audit.Exports;

/// <summary>RFC 4180: a header, a row a record, and a last row whose object is the covering checkpoint in base64.</summary>
internal static class CsvExport
{
    internal static void Write(Stream stream, ExportHead head, IEnumerable<AuditFact> facts)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\r\n" };
        writer.WriteLine("seq,time,phase,action,actor,role,object,purpose,decision,rule,policy,code,ref,zone,from,subjects,counts");
        foreach (var f in facts)
        {
            writer.WriteLine(string.Join(',', Number(f.Seq), f.Time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), f.Phase, f.Action,
                f.Actor, f.Role, f.Object, f.Purpose, f.Decision, f.Rule, f.Policy, f.Code, f.Reference == 0 ? "" : Number(f.Reference), f.Zone,
                string.Join(' ', f.From), string.Join(' ', f.Subjects), string.Join(' ', f.Counts.Select(c => $"{c.Key}={Number(c.Value)}"))));
        }
        writer.WriteLine($",,,checkpoint,{head.Origin},,{Convert.ToBase64String(Encoding.UTF8.GetBytes(head.Checkpoint))},,,,,,,,,,");
    }

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);
}
