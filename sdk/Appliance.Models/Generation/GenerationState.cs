using Appliance.Models.Adapters;
using Appliance.Models.Families;
using Appliance.Models.Parts;
using TorchSharp;
using static TorchSharp.torch;

namespace Appliance.Models.Generation;

/// <summary>What a model has seen of a batch of texts: the cache, the masks, the tokens.</summary>
/// <remarks>
/// Shorter prompts are padded on the left, so that all texts go on at the same place; positions count real tokens only.
/// An encoder-decoder model reads the prompts once, padded on the right, and writes from its start token.
/// </remarks>
internal sealed class GenerationState : IDisposable
{
    private readonly Model _model;
    private readonly KeyValueCache _cache;
    private readonly List<int>[] _mask;
    private readonly bool _reads;
    private readonly Device _device;
    private readonly PromptAdapter? _prompt;
    private Tensor? _read;
    private Tensor? _readMask;
    private int _fresh;

    internal GenerationState(Model model, PromptAdapter? prompt, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        (_model, _prompt, _device) = (model, prompt, model.WordEmbeddings!.weight.device); // only text models write
        _reads = model is T5;
        var longest = prompts.Max(p => p.Length);
        if (_reads)
        {
            Read(prompts, longest, options);
            var start = model.Config.Int("decoder_start_token_id|pad_token_id", 0, min: 0);
            Seen = [.. prompts.Select(_ => new List<int> { start })];
            _mask = [.. prompts.Select(_ => new List<int> { 1 })];
        }
        else
        {
            Seen = [.. prompts.Select(p => Enumerable.Repeat(options.PaddingId, longest - p.Length).Concat(p).ToList())];
            _mask = [.. prompts.Select(p => Enumerable.Repeat(0, longest - p.Length).Concat(Enumerable.Repeat(1, p.Length)).ToList())];
        }
        _fresh = Seen[0].Count;
        _cache = new KeyValueCache(_fresh + options.MaxNewTokens + (prompt?.Tokens ?? 0));
    }

    /// <summary>All tokens of each text, prompt and left padding included.</summary>
    internal List<int>[] Seen { get; }

    /// <summary>Scores of the next token of each text, [v] each.</summary>
    internal float[][] Next()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (b, count) = (Seen.Length, Seen[0].Count);
        var ids = tensor([.. Seen.SelectMany(s => s.Skip(count - _fresh)).Select(i => (long)i)], [b, _fresh], device: _device);
        var output = _reads
            ? _model.Forward(new ModelInput { DecoderInputIds = ids, EncoderHidden = _read, AttentionMask = _readMask, Cache = _cache })
            : Write(ids, count);
        var last = output.Logits!.select(1, output.Logits.shape[1] - 1).cpu().data<float>().ToArray(); // [b, v]
        var v = last.Length / b;
        return [.. Enumerable.Range(0, b).Select(k => last[(k * v)..((k + 1) * v)])];
    }

    internal void Add(IReadOnlyList<int> ids)
    {
        for (var k = 0; k < ids.Count; k++)
        {
            Seen[k].Add(ids[k]);
            _mask[k].Add(1);
        }
        _fresh = 1;
    }

    internal void Reorder(IReadOnlyList<int> rows)
    {
        using var order = tensor([.. rows.Select(r => (long)r)], device: _device).DetachFromDisposeScope();
        _cache.Reorder(order);
        var (seen, mask) = (Seen.ToArray(), _mask.ToArray());
        for (var k = 0; k < rows.Count; k++)
        {
            (Seen[k], _mask[k]) = ([.. seen[rows[k]]], [.. mask[rows[k]]]);
        }
    }

    public void Dispose()
    {
        _cache.Dispose();
        _read?.Dispose();
        _readMask?.Dispose();
    }

    private ModelOutput Write(Tensor ids, int count)
    {
        var padded = _mask.Any(m => m.Contains(0));
        var mask = padded ? tensor([.. _mask.SelectMany(m => m).Select(i => (long)i)], [Seen.Length, count], device: _device) : null;
        // Padding counts as position 1, as in the reference; nothing looks at it.
        var positions = mask is null ? null
            : where(mask.eq(0), ones([1], ScalarType.Int64, _device), mask.cumsum(1) - 1).narrow(1, count - _fresh, _fresh);
        var input = new ModelInput { InputIds = ids, AttentionMask = mask, PositionIds = positions, Cache = _cache };
        return _prompt is null ? _model.Forward(input) : _prompt.Continue(_model, input, first: _fresh == count);
    }

    private void Read(IReadOnlyList<int[]> prompts, int longest, GenerationOptions options)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var ids = prompts.SelectMany(p => p.Concat(Enumerable.Repeat(options.PaddingId, longest - p.Length))).Select(i => (long)i);
        var mask = prompts.SelectMany(p => Enumerable.Repeat(1L, p.Length).Concat(Enumerable.Repeat(0L, longest - p.Length)));
        _readMask = tensor([.. mask], [prompts.Count, longest], device: _device).DetachFromDisposeScope();
        var output = _model.Forward(new ModelInput { InputIds = tensor([.. ids], [prompts.Count, longest], device: _device), AttentionMask = _readMask });
        _read = output.EncoderLast!.DetachFromDisposeScope();
    }
}
