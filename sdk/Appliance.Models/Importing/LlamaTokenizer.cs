using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Models.Tokenizers;

namespace Appliance.Models.Importing;

/// <summary>Makes a tokenizer.json of a SentencePiece vocabulary with scores, as Llama's family has it.</summary>
internal static class LlamaTokenizer
{
    private const char Mark = '\u2581';
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="pieces">By id: 0 unknown, 1 begin, 2 end, 3 to 258 bytes, then pieces.</param>
    internal static string Json(IReadOnlyList<(string Piece, float Score)> pieces)
    {
        string[] special = ["<unk>", "<s>", "</s>"];
        var names = pieces.Select((p, id) => id < special.Length ? special[id] : p.Piece.Replace(' ', Mark)).ToArray();
        var vocabulary = new JsonObject();
        foreach (var (id, name) in names.Index())
        {
            vocabulary.TryAdd(name, id);
        }
        var merges = OlderTokenizer.MergesByScore([.. names.Select((n, id) => (n, pieces[id].Score, id >= special.Length))]);
        var begin = new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "<s>", ["type_id"] = 0 } };
        JsonObject Sequence(string id, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. special.Select((s, id) => (JsonNode)new JsonObject { ["id"] = id, ["content"] = s, ["special"] = true })]),
            ["normalizer"] = JsonNode.Parse($$"""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"{{Mark}}"},{"type":"Replace","pattern":{"String":" "},"content":"{{Mark}}"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(begin, Sequence("A", 0)),
                ["pair"] = new JsonArray(begin.DeepClone(), Sequence("A", 0), Sequence("B", 1)),
                ["special_tokens"] = JsonNode.Parse("""{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}"""),
            },
            ["decoder"] = JsonNode.Parse($$"""
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"{{Mark}}"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
                 {"type":"Strip","content":" ","start":1,"stop":0}]}
                """),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["unk_token"] = "<unk>", ["fuse_unk"] = true, ["byte_fallback"] = true, ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)new JsonArray(m.Left, m.Right))]),
            },
        };
        return json.ToJsonString(Plain);
    }
}
