using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Domain.Privacy;

/// <summary>A value that may hold personal data: it cannot be printed, logged or serialised by accident.</summary>
/// <remarks><see cref="Reveal"/> is called in Privacy and Policies only; a test holds that.</remarks>
[JsonConverter(typeof(RefuseToSerialize))]
[DebuggerDisplay("[sensitive]")]
public readonly struct Sensitive<T>(T value)
    where T : notnull
{
    private readonly T _value = value;

    /// <summary>The value itself. Whoever calls this answers for where it goes.</summary>
    public T Reveal() => _value;

    public override string ToString() => "[sensitive]";
}

/// <summary>Throws instead of writing: a sensitive value in a reply or a log is a defect, not a formatting question.</summary>
internal sealed class RefuseToSerialize : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => true;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A sensitive value cannot be serialised. Redact it first.");
}
