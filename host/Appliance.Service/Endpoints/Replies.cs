using System.Text.Json;
using System.Text.Json.Serialization;
using Appliance.Domain;

namespace Appliance.Service.Endpoints;

/// <summary>One way for every endpoint to answer and to refuse.</summary>
internal static class Replies
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        MaxDepth = 16,
    };

    internal static IResult Ok<T>(T value) => Results.Json(value, Json);

    internal static IResult Of<T>(Outcome<T> outcome)
        where T : class => outcome.Refusal is { } refusal ? Refuse(refusal) : Ok(outcome.Value!);

    internal static IResult Refuse(Refusal refusal) => Error(
        refusal.Kind switch
        {
            RefusalKind.Invalid => 400,
            RefusalKind.Policy => 403,
            RefusalKind.NotFound => 404,
            RefusalKind.Check => 409,
            _ => 503,
        },
        refusal.Code, refusal.Message);

    internal static IResult NotFound(string what, string list) =>
        Error(404, "not_found", $"No such {what}. List them with: appliance {list}");

    internal static IResult Error(int status, string code, string message) => Results.Json(
        new { error = new { code, message } }, Json, statusCode: status);
}
