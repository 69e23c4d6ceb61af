using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Appliance.Tests;

/// <summary>Personal data by the command and over the socket, as people use them.</summary>
public sealed class PrivacyTests : IDisposable
{
    private const string Letter = "Mi chiamo Anna Neri, CF RSSMRA85T10A562S, scrivi a anna@example.it";
    private readonly TempFolder _folder = new();

    [Fact]
    public void Redaction_by_a_preset_with_a_sealed_map_comes_back_with_key_and_purpose_alone()
    {
        File.WriteAllBytes(_folder.File("key"), [.. Enumerable.Range(0, 32).Select(k => (byte)k)]);
        string[] back = ["pii", "reveal", "--key", _folder.File("key"), "--map", _folder.File("map"), "--purpose"];

        var redacted = Running.Run("appliance", ["pii", "redact", "--preset", Repository.File("policies", "presets", "gdpr.yaml"), "--operator", "IT_FISCAL_CODE=encrypt",
            "--key", _folder.File("key"), "--map", _folder.File("map"), "--purpose", "complaint"], Letter);

        redacted.Output.Should().StartWith("Mi chiamo <PERSON_1>, CF <IT_FISCAL_CODE:e:").And.EndWith("scrivi a <EMAIL_ADDRESS_1>");
        Running.Run("appliance", [.. back, "complaint"], redacted.Output).Output.Should().Be(Letter);
        Running.Run("appliance", [.. back, "marketing"], redacted.Output).Should().Match<Ended>(e => e.Code == 3 && e.Output == "");
    }

    [Fact]
    public void A_find_explains_itself_and_quotes_nothing()
    {
        var said = Running.Run("appliance", ["pii", "explain"], "carta 4111 1111 1111 1112").Output;

        said.Should().Contain("CREDIT_CARD at 6 to 25").And.Contain("a word beside it announces it").And.NotContain("4111");
    }

    [Fact]
    public void A_report_counts_by_column_and_kind_and_says_who_stands_alone()
    {
        File.WriteAllText(_folder.File("people.csv"), "nome,email,age,cap\nAnna Neri,anna@example.it,41,20121\nUgo Bo,ugo@example.it,45,20121\n");

        var report = Running.Run("appliance", ["pii", "report", _folder.File("people.csv"), "--quasi", "age,cap"]).Output;

        report.Should().Contain("email").And.Contain("EMAIL_ADDRESS 2").And.Contain("k = 1, 2 rows stand alone").And.Contain("***").And.NotContain("anna@example.it").And.NotContain("Anna Neri");
    }

    [Theory]
    [InlineData("codepoint", 4, 19)]
    [InlineData("utf16", 5, 20)]
    [InlineData("utf8", 8, 23)]
    public void Lines_come_back_in_order_with_their_ids_and_places_as_the_caller_counts(string unit, int start, int end)
    {
        var lines = "\uFEFF{\"id\": 7, \"text\": \"è 😀 anna@example.it\"}\r\n{\"text\":\"\\u00e8 \\ud83d\\ude00 anna@example.it\",\"id\":\"b\"}\n{\"id\":[1, 2],\"text\":\"\"}";

        var said = Running.Run("appliance", ["pii", "scan", "--jsonl", "--offsets", unit], lines).Output;

        var span = $"[{{\"start\":{start},\"end\":{end},\"type\":\"EMAIL_ADDRESS\",\"score\":0.99}}]";
        said.TrimEnd().Split('\n').Should().Equal($"{{\"id\":7,\"spans\":{span}}}", $"{{\"id\":\"b\",\"spans\":{span}}}", "{\"id\":[1, 2],\"spans\":[]}");
    }

    [Fact]
    public void Rules_alone_leave_names_and_a_site_can_measure_both()
    {
        File.WriteAllText(_folder.File("letters.txt"), Letter + "\n\n" + Letter);

        Running.Run("appliance", ["pii", "scan", "--structured"], Letter).Output.Should().Contain("IT_FISCAL_CODE").And.NotContain("PERSON");
        var speed = JsonNode.Parse(Running.Run("appliance", ["bench", "pii", "--file", _folder.File("letters.txt"), "--json"], "").Output)!;

        (speed["structured"]!["finds"]!.GetValue<int>(), speed["names"]!["finds"]!.GetValue<int>()).Should().Be((4, 6));
        speed["names"]!["megabytes_per_s"]!.GetValue<double>().Should().BePositive();
    }

    [Theory]
    [InlineData("pii redact --operator PERSONN=mask", "No kind of personal data is called 'PERSONN'")]
    [InlineData("pii redact --operator PERSON=hide", "is not KIND=OPERATOR")]
    [InlineData("pii redact --operator PERSON=hash", "needs a key")]
    [InlineData("pii redact --format yaml", "--format is text")]
    [InlineData("pii report /nonexistent.csv", "/nonexistent.csv")]
    [InlineData("pii scan --offsets words", "--offsets is codepoint, utf16 or utf8")]
    [InlineData("pii scan --jsonl", "Line 1 is not a JSON object with id and text")]
    [InlineData("bench pii --file /nonexistent.txt", "/nonexistent.txt")]
    public void A_wrong_option_says_what_to_do(string command, string says)
    {
        var ended = Running.Run("appliance", command.Split(' '), "Anna");

        (ended.Code, ended.Output).Should().Be((2, ""));
        ended.Errors.Should().Contain(says).And.NotContain("   at ");
    }

    [Fact]
    public async Task Presidios_clients_find_what_they_expect_and_every_call_is_recorded()
    {
        using var host = new Running();
        host.Start();

        var found = (await PostAsync(host, "/analyze", new JsonObject { ["text"] = Letter, ["language"] = "it" })).AsArray();
        found.Select(f => f!["entity_type"]!.ToString()).Should().Equal("PERSON", "IT_FISCAL_CODE", "EMAIL_ADDRESS");
        ((int)found[0]!["start"]!, (int)found[0]!["end"]!).Should().Be((10, 19));
        (await PostAsync(host, "/anonymize", new JsonObject { ["text"] = Letter, ["anonymizers"] = new JsonObject { ["DEFAULT"] = new JsonObject { ["type"] = "replace" } } }))["text"]!.ToString()
            .Should().Be("Mi chiamo <PERSON>, CF <IT_FISCAL_CODE>, scrivi a <EMAIL_ADDRESS>");
        (await PostAsync(host, "/analyze", new JsonObject { ["text"] = Letter, ["entities"] = new JsonArray("PERSONN") }))["error"]!["message"]!.ToString().Should().Contain("PERSONN");

        (await PostAsync(host, "/analyze", new JsonObject
        {
            ["text"] = "pratica ZX-77 di anna@example.it e di bruno@example.it",
            ["allow_list"] = new JsonArray("anna@example.it"),
            ["ad_hoc_recognizers"] = new JsonArray(new JsonObject
            {
                ["name"] = "files", ["supported_entity"] = "FILE_NUMBER", ["patterns"] = new JsonArray(new JsonObject { ["name"] = "file", ["regex"] = "ZX-[0-9]+", ["score"] = 0.8 }),
            }),
        })).AsArray().Select(f => f!["entity_type"]!.ToString()).Should().Equal("FILE_NUMBER", "EMAIL_ADDRESS");
        (await PostAsync(host, "/analyze", new JsonObject
        {
            ["text"] = Letter, ["ad_hoc_recognizers"] = new JsonArray(new JsonObject { ["name"] = "x", ["supported_entity"] = "X_Y", ["patterns"] = new JsonArray(new JsonObject { ["name"] = "x", ["regex"] = "(?=x)y", ["score"] = 1 }) }),
        }))["error"]!["message"]!.ToString().Should().Contain("linear time");

        var records = host.Command("audit", "search", "--json").Output;
        records.Should().Contain("pii.analyze").And.Contain("pii.anonymize").And.Contain("pii.it_fiscal_code").And.NotContain("Neri").And.NotContain("RSSMRA");
        host.Log.Should().NotContain("Neri");
    }

    public void Dispose() => _folder.Dispose();

    internal static JsonNode? Post(Running host, string path, JsonObject body) => PostAsync(host, path, body).GetAwaiter().GetResult();

    private static async Task<JsonNode> PostAsync(Running host, string path, JsonObject body)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(host.Root, "run", "api.sock")), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var reply = await client.PostAsync(new Uri("http://appliance" + path), content);
        return JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
    }
}
