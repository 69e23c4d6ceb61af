namespace Appliance.Models.Chat;

/// <summary>A chat template is not supported, or it refused the messages; the reason says which.</summary>
/// <param name="line">Line of the template, from 1; 0 where the template itself raised the error.</param>
public sealed class ChatTemplateException(int line, string reason)
    : Exception(line == 0 ? reason : $"The chat template is not supported: line {line}: {reason}.")
{
    /// <summary>Without the line.</summary>
    public string Reason { get; } = reason;
}
