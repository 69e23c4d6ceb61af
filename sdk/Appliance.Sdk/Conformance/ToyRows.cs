using System.Buffers.Binary;
using Appliance.Sdk.Plugins;

namespace Appliance.Sdk.Conformance;

/// <summary>A few rows for any kind of task, easy enough to be learnt in seconds: for checks, not for models.</summary>
public static class ToyRows
{
    private const int Side = 32;

    /// <summary>Types or classes of the rows, sorted; empty where answers have none.</summary>
    public static IReadOnlyList<string> Labels(TaskManifest task) =>
        task.Answer switch { AnswerKind.Class => ["bad", "good"], AnswerKind.Spans => ["person"], _ => [] };

    /// <summary>Rows that differ and follow one rule.</summary>
    public static IReadOnlyList<LabelledInput> Of(TaskManifest task, int count) =>
        [.. Enumerable.Range(0, count).Select(k => new LabelledInput(new TaskInput(Fields(task, k)), Label(task, k)))];

    /// <summary>A BMP file in base64: even ones are dark, odd ones light.</summary>
    public static string Picture(int number)
    {
        var file = new byte[54 + (Side * Side * 3)];
        (file[0], file[1], file[10], file[14], file[26], file[28]) = ((byte)'B', (byte)'M', 54, 40, 1, 24);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), Side);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), Side);
        for (var k = 54; k < file.Length; k++)
        {
            file[k] = (byte)((number % 2 == 0 ? 20 : 200) + ((k * (number + 7)) % 40));
        }
        return Convert.ToBase64String(file);
    }

    private static Dictionary<string, string> Fields(TaskManifest task, int k) => task.InputFields.ToDictionary(
        f => f, f => task.ImageFields.Contains(f) ? Picture(k) : f == task.About ? Text(task.Answer, k) : "who was there?");

    private static string Text(AnswerKind kind, int k) => kind == AnswerKind.Class
        ? k % 2 == 0 ? $"this is good and lovely, number {k}" : $"this is bad and broken, number {k}"
        : $"{(k % 2 == 0 ? "Anna" : "Bruno")} was there, number {k}";

    private static string Label(TaskManifest task, int k) => task.Answer switch
    {
        AnswerKind.Class => k % 2 == 0 ? "good" : "bad",
        AnswerKind.Text => Text(task.Answer, k),
        _ => TextSpans.Write([new TextSpan(0, k % 2 == 0 ? 4 : 5, task.Answer == AnswerKind.Spans ? "person" : "")]),
    };
}
