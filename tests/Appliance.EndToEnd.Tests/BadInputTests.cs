using System.Net.Sockets;
using System.Text;

namespace Appliance.Tests;

/// <summary>Bad input gets a clear error that says what to do, the right exit code, and no stack trace anywhere.</summary>
public sealed class BadInputTests : IClassFixture<BadInputTests.Untrained>
{
    private readonly Running _host;

    public BadInputTests(Untrained untrained) => _host = untrained.Host;

    [Theory]
    [InlineData("infer poetry", 5, "code-lines, entities, questions, sentiment, vision")]
    [InlineData("infer sentiment", 5, "No model serves")]
    [InlineData("model show nosuch", 5, "appliance model list")]
    [InlineData("model promote nosuch", 5, "appliance model list")]
    [InlineData("model promote use-lite-en", 4, "never gated")]
    [InlineData("model rollback sentiment", 5, "nothing to go back to")]
    [InlineData("dataset show nosuch", 5, "appliance dataset list")]
    [InlineData("job show nosuch", 5, "appliance job list")]
    [InlineData("job cancel nosuch", 5, "appliance job list")]
    [InlineData("train nosuch.yaml --dataset letters", 2, "no recipe")]
    [InlineData("dataset import Bad_Name! x.csv", 2, "no file")]
    [InlineData("frobnicate", 2, "--help")]
    [InlineData("model import x /nonexistent", 2, "no folder")]
    public void A_wrong_command_says_what_to_do(string command, int code, string says)
    {
        var ended = _host.Command(command.Split(' '));

        ended.Code.Should().Be(code, ended.Errors);
        ended.Errors.Should().Contain(says).And.NotContain("   at ");
    }

    [Fact]
    public void A_recipe_with_three_mistakes_reports_all_three()
    {
        var recipe = _host.File_("wrong.yaml", "base_model: nosuch\ntask: sentiment\nmethod: fulll\nlearning_rate: -1\nepochs: 3\n");

        var ended = _host.Command("train", recipe, "--dataset", "letters");

        ended.Code.Should().Be(2);
        ended.Errors.Should().Contain("line 3").And.Contain("line 4").And.Contain("line 5");
    }

    [Fact]
    public void What_the_service_cannot_serve_is_refused_before_anything_is_queued()
    {
        var refused = _host.Command("train", _host.Recipe("prefix", 1, "stage: dpo\nsearch: {strategy: grid, fields: {seed: [1, 2]}}\n"), "--dataset", "letters");

        refused.Code.Should().Be(2);
        refused.Errors.Should().ContainAll("stage: the service teaches labelled tasks", "method: prefix has no place", "search: the service runs one setting");
    }

    [Fact]
    public void An_unknown_dataset_and_a_refused_purpose_have_their_own_exit_codes()
    {
        _host.Command("train", _host.Recipe(), "--dataset", "nosuch").Code.Should().Be(5);
        _host.Command("dataset", "import", "x", _host.File_("two.csv", "text,label\na,1\nb,0\n"), "--purpose", "marketing").Code.Should().Be(3);
        _host.Command("dataset", "import", "x", _host.File_("two.csv", "text,label\na,1\nb,0\n"), "--data-labels", "health").Code.Should().Be(3);
    }

    [Theory]
    [InlineData("text,label\n", "No usable row")]
    [InlineData("text,label\na,1\nb,1\n", "same label")]
    [InlineData("text,label\na,9\n", "not one of")]
    public void An_unusable_dataset_is_refused(string csv, string says)
    {
        var ended = _host.Command("dataset", "import", "bad", _host.File_("bad.csv", csv), "--label-names", "0=no,1=yes");

        ended.Code.Should().Be(2);
        ended.Errors.Should().Contain(says);
    }

    [Fact]
    public void A_file_whose_name_tells_no_format_is_refused_with_the_option_to_say_it()
    {
        var ended = _host.Command("dataset", "import", "x", _host.File_("scan.bin", "text,label\na,1\nb,0\n"));

        ended.Code.Should().Be(2);
        ended.Errors.Should().Contain("scan.bin").And.Contain("--format csv");
    }

    [Fact]
    public void A_truncated_or_hostile_model_is_refused_with_its_reason()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_host.Root, "hostile")).FullName;
        File.Copy(Repository.File("samples", "use-lite-en", "config.json"), Path.Combine(folder, "config.json"), true);
        var whole = File.ReadAllBytes(Repository.File("samples", "use-lite-en", "model.safetensors"));
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), whole[..5_000_000]);
        var truncated = _host.Command("model", "import", "hostile", folder);
        truncated.Code.Should().Be(2);
        truncated.Errors.Should().Contain("truncated");

        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), [255, 255, 255, 255, 255, 255, 255, 127, .. "{}"u8]);
        _host.Command("model", "import", "hostile", folder).Errors.Should().Contain("at most");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        _host.Command("model", "import", "hostile", folder).Errors.Should().Contain("No pickle");
    }

    [Fact]
    public void A_request_of_a_gigabyte_is_refused_without_being_read()
    {
        using var socket = Connect();
        socket.Send(Encoding.ASCII.GetBytes(
            "POST /api/datasets/big?format=csv&text=t&label=l&purpose=citizen-service&zone=site HTTP/1.1\r\nHost: a\r\n" +
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n"));

        Reply(socket).Should().Contain("413").And.Contain("too_large");
        _host.Command("status").Code.Should().Be(0);
    }

    [Theory]
    [InlineData("POST /api/tasks/sentiment/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"fields\"", "400")]
    [InlineData("POST /api/tasks/sentiment/infer HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "400")]
    [InlineData("POST /api/datasets/x?text=t HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "The request is malformed.")]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "404")]
    [InlineData("GARBAGE\r\n\r\n", "400")]
    public void A_malformed_request_gets_a_status_and_no_stack_trace(string request, string status)
    {
        using var socket = Connect();
        socket.Send(Encoding.ASCII.GetBytes(request));

        Reply(socket).Should().Contain(status).And.NotContain("   at ");
    }

    [Fact]
    public void A_client_that_hangs_up_in_the_middle_harms_nobody()
    {
        for (var k = 0; k < 20; k++)
        {
            using var socket = Connect();
            socket.Send("POST /api/tasks/sentiment/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{"u8);
        }
        _host.Command("status").Code.Should().Be(0);
        _host.Log.Should().NotContain("   at ");
    }

    [Fact]
    public void Offline_verbs_work_without_the_service()
    {
        Running.Run("appliance", ["policy", "check", Repository.File("policies")]).Code.Should().Be(0);
        Running.Run("appliance", ["policy", "test", Repository.File("policies")]).Output.Should().Contain("0 problems");
        Running.Run("appliance", ["policy", "explain", Repository.File("policies"), "--action", "train", "--purpose", "citizen-service", "--labels", "health"])
            .Code.Should().Be(3);
        Running.Run("appliance", ["policy", "check", "/nonexistent"]).Code.Should().Be(4);
        var spans = Running.Run("appliance", ["pii", "scan", "--jsonl"], "{\"id\":\"😀1\",\"text\":\"😀 a@example.it\"}\n");
        spans.Json["id"]!.ToString().Should().Be("😀1");
        spans.Json["spans"]!.AsArray().Single()!.ToJsonString().Should().Be(
            "{\"start\":2,\"end\":14,\"type\":\"EMAIL_ADDRESS\",\"score\":0.99}", "offsets count code points unless asked otherwise");
        Running.Run("appliance", ["pii", "redact"], "CF RSSMRA85T10A562S").Output.Should().Be("CF <IT_FISCAL_CODE>");
        Running.Run("appliance", ["status", "--root", "/nonexistent"]).Code.Should().Be(6);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_host.Root, "run", "api.sock")));
        return socket;
    }

    private static string Reply(Socket socket)
    {
        var buffer = new byte[8192];
        var text = "";
        for (int n; !text.Contains("}}") && (n = socket.Receive(buffer)) > 0;)
        {
            text += Encoding.UTF8.GetString(buffer, 0, n);
            if (text.Contains("Content-Length: 0"))
            {
                break;
            }
        }
        return text;
    }

    public sealed class Untrained : IDisposable
    {
        public Untrained()
        {
            Host = new Running();
            Host.Start();
            Host.ImportSamples();
        }

        internal Running Host { get; }

        public void Dispose() => Host.Dispose();
    }
}
