namespace Appliance.Models.Tokenizers;

internal static class OlderTokenizer
{
    internal static Tokenizer? Open(string folder) => null;
}
