namespace Appliance.Models.Tokenizers;

/// <summary>Finds a model folder's tokenizer.</summary>
internal static class TokenizerFolder
{
    /// <exception cref="InvalidDataException">No tokenizer, or one that is malformed or not supported.</exception>
    internal static Tokenizer Open(string folder)
    {
        var json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
        {
            return TokenizerJson.Read(json);
        }
        return OlderTokenizer.Open(folder) ?? throw new InvalidDataException(
            $"{folder} holds no tokenizer: expected tokenizer.json, vocab.txt, vocab.json with merges.txt, or a SentencePiece .model.");
    }
}
