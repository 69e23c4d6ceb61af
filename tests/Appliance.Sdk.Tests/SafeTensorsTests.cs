using System.Buffers.Binary;
using System.Text;
using Appliance.Models.Checkpoints;
using static TorchSharp.torch;

namespace Appliance.Tests;

[Collection("torch")]
public sealed class SafeTensorsTests
{
    private static byte[] File(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var stream = new MemoryStream();
        var tensors = new Dictionary<string, Tensor> { ["b"] = tensor([1f, 2f, 3f]), ["a.weight"] = tensor([7L, 8L], [1, 2]) };

        SafeTensors.Write(stream, tensors, new Dictionary<string, string> { ["note"] = "ok" });

        using var file = SafeTensors.Parse(stream.ToArray());
        file.Read("b").data<float>().ToArray().Should().Equal(1, 2, 3);
        file.Read("a.weight").shape.Should().Equal(1, 2);
        file.Metadata["note"].Should().Be("ok");
    }

    [Fact]
    public void A_mapped_file_is_read_like_one_in_memory()
    {
        using var folder = new TempFolder();
        using (var stream = System.IO.File.Create(folder.File("m.safetensors")))
        {
            SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["x"] = tensor([1f, 2f]) });
        }

        using var file = SafeTensors.Open(folder.File("m.safetensors"));

        file.Read("x").data<float>().ToArray().Should().Equal(1, 2);
    }

    [Theory]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "truncated")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 12, "padded")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "need 12 bytes")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6, "overlaps")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "twice")]
    [InlineData("{\"x\":{\"dtype\":\"PICKLE\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype")]
    [InlineData("{\"../x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "name")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "negative")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", 4, "not valid JSON")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"extra\":1}}", 4, "unknown or repeated")]
    [InlineData("[]", 0, "shape")]
    [InlineData("not json", 0, "not valid JSON")]
    public void A_hostile_header_is_refused_with_its_reason(string header, int dataBytes, string reason)
    {
        var act = () => SafeTensors.Parse(File(header, dataBytes));

        act.Should().Throw<SafeTensorsException>().Which.Message.Should().Contain(reason);
    }

    [Fact]
    public void A_header_length_out_of_this_world_allocates_nothing()
    {
        var file = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);

        var act = () => SafeTensors.Parse(file);

        act.Should().Throw<SafeTensorsException>().Which.Message.Should().Contain("at most");
    }

    [Fact]
    public void Every_cut_and_a_hundred_thousand_mutations_end_in_a_refusal_or_a_clean_read()
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["a"] = tensor([1f, 2f]), ["b"] = tensor([3L]) });
        var whole = stream.ToArray();
        var chance = new Random(1);
        for (var k = 0; k < 100_000; k++)
        {
            var file = k < whole.Length ? whole[..k] : (byte[])whole.Clone();
            for (var flips = 0; k >= whole.Length && flips < 1 + (k % 4); flips++)
            {
                file[chance.Next(file.Length)] = (byte)chance.Next(256);
            }
            try
            {
                SafeTensors.Parse(file).Dispose();
            }
            catch (SafeTensorsException)
            {
                // The only exception that may leave.
            }
        }
    }

    [Fact]
    public void A_checkpoint_with_a_missing_or_foreign_tensor_is_not_loaded_silently()
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["weight"] = ones([2, 2]), ["foreign"] = ones([1]) });
        using var file = SafeTensors.Parse(stream.ToArray());

        var act = () => StateLoader.Load(nn.Linear(2, 2), file);

        act.Should().Throw<SafeTensorsException>().Which.Message.Should().Contain("no place for foreign").And.Contain("bias is missing");
    }
}
