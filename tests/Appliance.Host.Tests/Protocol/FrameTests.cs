using Appliance.Protocol;

namespace Appliance.Tests.Protocol;

public sealed class FrameTests
{
    [Fact]
    public async Task A_message_comes_out_as_it_went_in()
    {
        using var stream = new MemoryStream();
        var frames = new FrameStream(stream);
        await frames.WriteAsync(Messages.Write(FrameKind.Ask, 7, new Ask(new Dictionary<string, string> { ["text"] = "è" })), default);
        stream.Position = 0;

        var frame = await frames.ReadAsync(default);

        frame.Request.Should().Be(7);
        Messages.Read<Ask>(frame).Fields["text"].Should().Be("è");
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
    public async Task Two_hundred_thousand_mutated_frames_end_in_a_message_a_refusal_or_an_end()
    {
        using var whole = new MemoryStream();
        await new FrameStream(whole).WriteAsync(
            Messages.Write(FrameKind.Answer, 3, new Answer([new PredictionMessage("a", 0.5, null, 1, 2)])), default);
        var bytes = whole.ToArray();
        var chance = new Random(5);
        for (var k = 0; k < 200_000; k++)
        {
            var copy = (byte[])bytes.Clone();
            for (var flips = 0; flips <= k % 3; flips++)
            {
                copy[chance.Next(copy.Length)] = (byte)chance.Next(256);
            }
            copy[2] = copy[3] = 0; // lengths stay small: the limit has its own test
            try
            {
                using var frames = new FrameStream(new MemoryStream(copy));
                Messages.Read<Answer>(await frames.ReadAsync(default));
            }
            catch (Exception e) when (e is ProtocolException or EndOfStreamException)
            {
                // Nothing else may leave.
            }
        }
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
