using Appliance.Protocol;

namespace Appliance.Tests.Protocol;

public sealed class FrameTests
{
    [Fact]
    public async Task A_message_comes_out_as_it_went_in()
    {
        using var stream = new MemoryStream();
        var frames = new FrameStream(stream);
        await frames.WriteAsync(Messages.Write(FrameKind.Ask, 7, new Ask([new Dictionary<string, string> { ["text"] = "è" }])), default);
        stream.Position = 0;

        var frame = await frames.ReadAsync(default);

        frame.Request.Should().Be(7);
        Messages.Read<Ask>(frame).Inputs[0]["text"].Should().Be("è");
    }

    [Fact]
    public async Task A_frame_that_claims_too_much_or_an_unknown_kind_is_refused_before_it_is_read()
    {
        foreach (var header in new byte[][] { [0xFF, 0xFF, 0xFF, 0x7F, 4, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0] })
        {
            using var frames = new FrameStream(new MemoryStream(header));
            await ((Func<Task>)(() => frames.ReadAsync(default))).Should().ThrowAsync<ProtocolException>();
        }
    }

    [Fact]
    public async Task A_million_hostile_frames_end_in_a_message_a_refusal_or_an_end()
    {
        (Frame Frame, Action<Frame> Read)[] kinds =
        [
            (Messages.Write(FrameKind.Answer, 3, new Answers([new AnswerMessage([new PredictionMessage("a", 0.5, null, 1, 2, false)], null)])), f => Messages.Read<Answers>(f)),
            (Messages.Write(FrameKind.Trained, 4, new Trained(9, 1, 0.5, 100, "fp32", 2)), f => Messages.Read<Trained>(f)),
            (Messages.Write(FrameKind.Progress, 5, new Progress(1, 9, 1, 0.5, 1e-3, 100, null, null, 3)), f => Messages.Read<Progress>(f)),
            (Messages.Write(FrameKind.Problem, 6, new Problem("refused", "why")), f => Messages.Read<Problem>(f)),
            (new Frame(FrameKind.Blob, 7, new byte[] { 1, 0, (byte)'a', 1, 9, 9, 9 }), f => new BlobCollector(1 << 20).Add(f.Payload.Span)),
        ];
        var whole = new List<byte[]>();
        foreach (var (frame, _) in kinds)
        {
            using var stream = new MemoryStream();
            await new FrameStream(stream).WriteAsync(frame, default);
            whole.Add(stream.ToArray());
        }
        var chance = new Random(5);
        var refused = 0;
        for (var k = 0; k < 1_000_000; k++)
        {
            var copy = (byte[])whole[k % kinds.Length].Clone();
            for (var flips = 0; flips <= k % 3; flips++)
            {
                copy[chance.Next(copy.Length)] = (byte)chance.Next(256);
            }
            copy[2] = copy[3] = 0; // lengths stay small: the limit has its own test
            try
            {
                using var frames = new FrameStream(new MemoryStream(copy));
                kinds[k % kinds.Length].Read(await frames.ReadAsync(default));
            }
            catch (Exception e) when (e is ProtocolException or EndOfStreamException)
            {
                refused++; // nothing else may leave
            }
        }
        refused.Should().BeGreaterThan(300_000, "most frames must have been hostile");
    }

    [Fact]
    public void Files_beyond_the_limit_are_a_broken_protocol_not_an_allocation()
    {
        var blobs = new BlobCollector(totalBytesMax: 10);
        byte[] piece = [1, 0, (byte)'a', 0, .. new byte[8]];
        blobs.Add(piece).Should().BeNull();

        ((Action)(() => blobs.Add(piece))).Should().Throw<ProtocolException>();
        ((Action)(() => blobs.Add([200, 0, 1]))).Should().Throw<ProtocolException>();
    }
}
