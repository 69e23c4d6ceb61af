using System.Buffers;
using System.Text;
using System.Text.Json;
using Appliance.Domain.Privacy;
using Appliance.Domain.Privacy.Operations;
using Appliance.Domain.Privacy.Site;

namespace Appliance.Cli.Verbs;

/// <summary>One JSON object a line in, <c>{"id","text"}</c>; one a line out, <c>{"id","spans":[{"start","end","type","score"}]}</c>, in the same order; redaction adds <c>"text"</c>.</summary>
/// <remarks>Texts stay bytes as they are, and buffers are used again. What is done is written whenever the next line is not there yet, so that a program at the other end can wait for each answer.</remarks>
internal sealed class PiiLines(Stream input, Stream output, PlaceUnit unit)
{
    private const int BlockBytes = 1 << 16, LineBytesMax = 1 << 29;
    private readonly ArrayBufferWriter<byte> _written = new(2 * BlockBytes);
    private readonly ArrayBufferWriter<byte> _opened = new();
    private readonly Utf8JsonWriter _writer = new(Stream.Null, new JsonWriterOptions { Encoder = TextLines.Plain.Encoder, SkipValidation = true });
    private byte[] _buffer = new byte[BlockBytes];

    /// <param name="finds">What is found in a text.</param>
    /// <param name="redact">What the text becomes; null for a scan.</param>
    /// <exception cref="ArgumentException">A line is no JSON object with id and text; the message has its number.</exception>
    internal async Task RunAsync(Func<Sensitive<ReadOnlyMemory<byte>>, PlaceUnit, IReadOnlyList<PiiFinding>> finds, Func<Sensitive<string>, string>? redact, CancellationToken cancellationToken)
    {
        var (start, end, number) = (0, 0, 0);
        while (true)
        {
            var line = _buffer.AsMemory(start, end - start).Span.IndexOf((byte)'\n');
            if (line >= 0)
            {
                Answer(_buffer.AsMemory(start, line), ++number, finds, redact);
                start += line + 1;
                if (_written.WrittenCount > BlockBytes)
                {
                    await WriteAsync(cancellationToken);
                }
                continue;
            }
            await WriteAsync(cancellationToken);
            (start, end) = (0, MakeRoom(start, end));
            var read = await input.ReadAsync(_buffer.AsMemory(end), cancellationToken);
            if (read == 0)
            {
                break;
            }
            end += read;
        }
        if (end > start)
        {
            Answer(_buffer.AsMemory(start, end - start), ++number, finds, redact);
        }
        await WriteAsync(cancellationToken);
    }

    /// <summary>A scan without rules of a site.</summary>
    internal Task ScanAsync(Detector detector, CancellationToken cancellationToken) => RunAsync((text, u) => detector.Find(text, u), null, cancellationToken);

    /// <summary>The finds of a policy, and the text without them.</summary>
    internal Task RedactAsync(Redactor redactor, RedactionPolicy policy, Pseudonyms numbering, CancellationToken cancellationToken) => RunAsync(
        (text, u) => redactor.Scan(text, u, policy.Detection), text => redactor.Redact(text, policy, numbering).Text, cancellationToken);

    private int MakeRoom(int start, int end)
    {
        var left = end - start;
        if (left == _buffer.Length)
        {
            Array.Resize(ref _buffer, left < LineBytesMax ? left * 2 : throw new ArgumentException($"A line is longer than {LineBytesMax >> 20} MiB: cut its text into several."));
            return left;
        }
        _buffer.AsSpan(start, left).CopyTo(_buffer);
        return left;
    }

    private void Answer(ReadOnlyMemory<byte> line, int number, Func<Sensitive<ReadOnlyMemory<byte>>, PlaceUnit, IReadOnlyList<PiiFinding>> finds, Func<Sensitive<string>, string>? redact)
    {
        line = number == 1 && line.Span.StartsWith("\uFEFF"u8) ? line[3..] : line;
        var (id, text) = Parse(line) ?? throw new ArgumentException($"Line {number} is not a JSON object with id and text.");
        _writer.Reset(_written);
        _writer.WriteStartObject();
        _writer.WritePropertyName("id"u8);
        _writer.WriteRawValue(id.Span, skipInputValidation: true);
        _writer.WriteStartArray("spans"u8);
        foreach (var find in finds(new Sensitive<ReadOnlyMemory<byte>>(text), unit))
        {
            _writer.WriteStartObject();
            _writer.WriteNumber("start"u8, find.Start);
            _writer.WriteNumber("end"u8, find.End);
            _writer.WriteString("type"u8, find.EntityType);
            _writer.WriteNumber("score"u8, find.Score);
            _writer.WriteEndObject();
        }
        _writer.WriteEndArray();
        if (redact is not null)
        {
            _writer.WriteString("text"u8, redact(new Sensitive<string>(Encoding.UTF8.GetString(text.Span))));
        }
        _writer.WriteEndObject();
        _writer.Flush();
        _written.Write("\n"u8);
    }

    // The id as it was written, and the text with its escapes opened.
    private (ReadOnlyMemory<byte> Id, ReadOnlyMemory<byte> Text)? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line.Span);
            ReadOnlyMemory<byte>? id = null, text = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isId, isText) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals("text"u8));
                reader.Read();
                var from = (int)reader.TokenStartIndex;
                text = isText ? reader.TokenType == JsonTokenType.String ? Value(line, reader) : null : text;
                reader.Skip();
                id = isId && reader.TokenType != JsonTokenType.Null ? line[from..(int)reader.BytesConsumed] : id;
            }
            return !reader.Read() && id is { } one && text is { } other ? (one, other) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // no JSON, or an escape that stands for half a character
        }
    }

    private ReadOnlyMemory<byte> Value(ReadOnlyMemory<byte> line, Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return line.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }
        _opened.ResetWrittenCount();
        var room = _opened.GetMemory(reader.ValueSpan.Length);
        return room[..reader.CopyString(room.Span)];
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_written.WrittenMemory, cancellationToken);
        await output.FlushAsync(cancellationToken);
        _written.ResetWrittenCount();
    }
}
