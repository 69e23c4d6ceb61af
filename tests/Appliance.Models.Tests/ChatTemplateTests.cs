using Appliance.Models.Chat;

namespace Appliance.Tests;

public sealed class ChatTemplateTests
{
    public static TheoryData<string> Cases => Fixtures.Rows(!File.Exists(Fixtures.At("misc", "chat_templates.json")) ? []
        : [.. Fixtures.Json(Fixtures.At("misc", "chat_templates.json")).GetProperty("cases").EnumerateArray().Select((_, k) => k.ToString())]);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Golden_conversations_become_the_references_text(string number)
    {
        Skip.If(number.Length == 0, "no chat templates in this folder");
        var all = Fixtures.Json(Fixtures.At("misc", "chat_templates.json"));
        var one = all.GetProperty("cases")[int.Parse(number)];
        var template = new ChatTemplate(all.GetProperty("templates").GetProperty(one.GetProperty("template").GetString()!).GetString()!);
        ChatMessage[] messages = [.. one.GetProperty("messages").EnumerateArray().Select(m => new ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!))];
        var tools = one.TryGetProperty("tools", out var t) ? t : (System.Text.Json.JsonElement?)null;
        string Render() => template.Render(messages, one.GetProperty("add_generation_prompt").GetBoolean(),
            one.GetProperty("bos_token").GetString()!, one.GetProperty("eos_token").GetString()!, tools);

        if (one.TryGetProperty("error", out var error))
        {
            ((Action)(() => Render())).Should().Throw<ChatTemplateException>().Which.Reason.Should().Be(error.GetString());
            return;
        }
        Render().Should().Be(one.GetProperty("expected").GetString());
    }

    [Theory]
    [InlineData("{% include 'x' %}", "statement 'include'")]
    [InlineData("{{ x | frobnicate }}", "filter 'frobnicate'")]
    [InlineData("{{ open('/etc/passwd') }}", "function 'open'")]
    [InlineData("{{ x.__class__() }}", "method '__class__'")]
    [InlineData("{% for a in b %}", "'endfor' is missing")]
    [InlineData("{{ 'a", "not closed")]
    [InlineData("{% if x is prime %}{% endif %}", "test 'prime'")]
    public void An_unknown_construct_is_refused_when_the_template_is_read(string source, string reason) =>
        ((Action)(() => _ = new ChatTemplate(source))).Should().Throw<ChatTemplateException>().WithMessage($"*{reason}*");

    [Fact]
    public void A_template_that_would_run_for_ever_is_stopped()
    {
        var template = new ChatTemplate("{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}");

        ((Action)(() => template.Render([], false))).Should().Throw<ChatTemplateException>().WithMessage("*too long*");
    }

    [Fact]
    public void Macros_tools_and_dates_work_as_the_larger_templates_use_them()
    {
        var clock = new FixedClock(new DateTimeOffset(2026, 11, 22, 3, 0, 0, TimeSpan.Zero));
        var template = new ChatTemplate(
            "{%- macro show(tool, indent=2) %}{{ tool.name }}: {{ tool | tojson }}{% endmacro %}\n" +
            "Today {{ strftime_now('%d %b %Y') }}.{% if tools %}{% for tool in tools %} {{ show(tool) }}{% endfor %}{% endif %}", clock);
        using var tools = System.Text.Json.JsonDocument.Parse("""[{"name":"città","n":1}]""");

        template.Render([], false, tools: tools.RootElement).Should().Be("Today 22 Nov 2026. città: {\"name\": \"città\", \"n\": 1}");
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
