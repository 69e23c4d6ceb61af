using System.Runtime.InteropServices;
using Appliance.Models.Parts;
using Appliance.Torch.Beyond;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class TorchTests
{
    [Fact]
    public void A_gradient_flows_through_a_linear_layer()
    {
        using var scope = NewDisposeScope();
        var w = new Parameter(tensor([1f, 2f, 3f, 4f], [2, 2]));
        var x = tensor([1f, 1f], [1, 2]);

        var loss = nn.functional.linear(x, w).sum();
        loss.backward();

        loss.item<float>().Should().Be(10);
        w.grad!.data<float>().ToArray().Should().Equal(1, 1, 1, 1);
    }

    [Fact]
    public void An_error_of_libtorch_names_the_operator_and_the_shapes()
    {
        using var scope = NewDisposeScope();

        var act = () => zeros([2, 3]).mm(zeros([4, 5]));

        act.Should().Throw<ExternalException>().Which.Message.Should().Contain("aten::mm").And.Contain("[2,3]").And.Contain("[4,5]");
    }

    [Fact]
    public void The_number_of_live_tensors_stays_flat_over_ten_thousand_steps()
    {
        var w = new Parameter(randn([8, 8]));
        using var optimizer = new AdamW([new ParameterGroup([("w", w)], 0.01)]);
        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers(); // what other tests left behind must not lower the count on the way
        var before = Tensor.TotalCount;

        for (var k = 0; k < 10_000; k++)
        {
            Step();
        }

        Tensor.TotalCount.Should().Be(before);

        void Step()
        {
            using var scope = NewDisposeScope();
            (nn.functional.linear(ones([4, 8]), w) * 2).sum().backward();
            optimizer.Step(1e-4, 1);
        }
    }

    [Fact]
    public void The_fused_optimizer_moves_weights_as_the_published_formula_does()
    {
        const double Rate = 0.1, Decay = 0.01;
        float[] start = [0.5f, -0.25f, 2f], gradient = [0.1f, -0.2f, 0.3f];
        var p = new Parameter(tensor((float[])start.Clone()));
        using var optimizer = new AdamW([new ParameterGroup([("p", p)], Decay)]);
        double[] m = new double[3], v = new double[3], x = [.. start.Select(s => (double)s)];

        for (var step = 1; step <= 5; step++)
        {
            using var scope = NewDisposeScope();
            p.grad = tensor((float[])gradient.Clone());
            optimizer.Step(Rate, 0);
            for (var k = 0; k < 3; k++)
            {
                m[k] = (0.9 * m[k]) + (0.1 * gradient[k]);
                v[k] = (0.999 * v[k]) + (0.001 * gradient[k] * gradient[k]);
                x[k] -= Rate * Decay * x[k];
                x[k] -= Rate * (m[k] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[k] / (1 - Math.Pow(0.999, step))) + 1e-8);
            }
        }

        p.data<float>().ToArray().Zip(x, (a, b) => Math.Abs(a - b)).Should().OnlyContain(d => d < 1e-5);
    }

    [Fact]
    public void Gradients_are_clipped_to_the_norm_that_was_asked_for()
    {
        var p = new Parameter(zeros([2]));
        using var optimizer = new AdamW([new ParameterGroup([("p", p)], 0)]);
        p.grad = tensor([3f, 4f]);

        var norm = optimizer.Step(0.1, 1);

        norm.Should().BeApproximately(5, 1e-6);
        optimizer.State().First().Tensor.data<float>().ToArray()[0].Should().BeApproximately(0.1f * 3 / 5, 1e-5f);
    }

    [Fact]
    public void The_random_generator_goes_on_from_a_saved_state()
    {
        random.manual_seed(7);
        using var state = random.get_rng_state();
        var first = rand([5]).data<float>().ToArray();

        random.set_rng_state(state);

        rand([5]).data<float>().ToArray().Should().Equal(first);
    }

    [Theory]
    [InlineData(1, 1, 1, 16, false)]
    [InlineData(2, 5, 3, 32, true)]
    [InlineData(3, 37, 2, 64, true)]
    [InlineData(1, 130, 4, 48, false)]
    public void Attention_in_one_pass_gives_the_operators_numbers(int batch, int tokens, int heads, int size, bool padded)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        random.manual_seed(5);
        var qkv = randn([batch, tokens, 3 * heads * size]);
        var bias = padded ? rand([batch, 1, 1, tokens]).gt(0.4).to(ScalarType.Float32) * -3.3895313892515355e38 : null;
        var parts = qkv.view(batch, tokens, 3, heads, size).permute(2, 0, 3, 1, 4).unbind(0);

        FusedAttention.Serves(qkv, bias, heads).Should().BeTrue();
        var context = FusedAttention.Attend(qkv, bias, heads);

        var expected = Attention.Attend(parts[0], parts[1], parts[2], 1, bias);
        (context - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        var rounded = qkv.to(ScalarType.BFloat16);
        var half = FusedAttention.Attend(rounded, bias, heads);
        half.dtype.Should().Be(ScalarType.BFloat16);
        var wide = FusedAttention.Attend(rounded.to(ScalarType.Float32), bias, heads);
        (half.to(ScalarType.Float32) - wide).abs().max().item<float>().Should().BeLessThan(0.01f, "only the result is rounded");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Packed_attention_has_the_operators_numbers_and_gradients(bool causal)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        const int Heads = 2, Size = 16;
        long[] lengths = [5, 1, 19];
        var places = tensor((long[])[1, 5, 8, 1, 9, 19], [3, 2]); // row 0, and rows 6 and 7, belong to no text
        var qkv = new Parameter(randn([30, 3 * Heads * Size]));
        var weigh = randn([30, Heads * Size]);
        var packed = PackedAttention.Attend(qkv, places, Heads, 0.25, causal: causal);
        (packed * weigh).sum().backward();
        var gradient = qkv.grad!.clone();
        qkv.grad = null;

        var parts = new List<Tensor>();
        var starts = new long[] { 1, 8, 9 };
        for (var k = 0; k < 3; k++)
        {
            var z = qkv.narrow(0, starts[k], lengths[k]).view(1, lengths[k], 3, Heads, Size).permute(2, 0, 3, 1, 4).unbind(0);
            var bias = causal ? Attention.CausalBias(0, lengths[k], null, null, CPU) : null;
            parts.Add(Attention.Attend(z[0], z[1], z[2], 0.25, bias).view(lengths[k], Heads * Size));
        }
        var one = zeros([1, Heads * Size]);
        var expected = cat([one, parts[0], one, one, parts[1], parts[2], zeros([2, Heads * Size])], 0);
        (expected * weigh).sum().backward();

        (packed.detach() - expected.detach()).abs().max().item<float>().Should().BeLessThan(1e-5f);
        (gradient - qkv.grad!).abs().max().item<float>().Should().BeLessThan(2e-5f);
    }

    [Fact]
    public void Packed_attention_drops_the_share_that_was_asked_for_and_its_gradient_knows_which()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        var places = tensor((long[])[0, 64], [1, 2]);
        var qkv = new Parameter(cat([zeros([64, 32]), ones([64, 16])], 1)); // every key weighs alike, every value is 1
        var dropped = PackedAttention.Attend(qkv, places, 1, 1, dropout: 0.25);
        dropped.sum().backward();

        dropped.mean().item<float>().Should().BeApproximately(1, 0.03f, "what is kept is scaled up");
        var kept = qkv.grad!.narrow(1, 32, 16).sum(1) / 16; // per key: how often it was kept, scaled
        kept.sum().item<float>().Should().BeApproximately(dropped.sum().item<float>() / 16, 0.05f);
        dropped.data<float>().ToArray().Min().Should().BeLessThan(1);
    }
}
