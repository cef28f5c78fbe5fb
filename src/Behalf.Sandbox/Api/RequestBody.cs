using System.Text.Json;

namespace Behalf.Sandbox.Api;

/// <param name="Fields">The <c>options.fields</c> of a write, in the form of <c>opt_fields</c>.</param>
internal sealed record RequestBody(JsonObject Data, string? Fields, IFormCollection? Form)
{
    public static async Task<RequestBody> ReadAsync(HttpRequest request, JsonDocumentOptions options)
    {
        if (request.ContentLength is 0 || !(request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0))
        {
            return new RequestBody([], null, null);
        }
        if (request.HasFormContentType)
        {
            return new RequestBody([], null, await request.ReadFormAsync(request.HttpContext.RequestAborted));
        }
        try
        {
            var node = await JsonNode.ParseAsync(request.Body, null, options, request.HttpContext.RequestAborted);
            return FromEnvelope(node as JsonObject ?? throw InvalidJson());
        }
        catch (JsonException)
        {
            throw InvalidJson();
        }
    }

    private static RequestBody FromEnvelope(JsonObject envelope)
    {
        var stray = envelope.Select(p => p.Key).FirstOrDefault(k => k is not ("data" or "options"));
        if (stray is not null)
        {
            throw Refusal.BadRequest(
                $"Unrecognized request field {stray} . The only allowed keys at the top level are: data, options. Is it possible you did not wrap object properties in a data object?"
            );
        }
        var data = envelope["data"] switch
        {
            null => [],
            JsonObject value => value,
            _ => throw Refusal.BadRequest("data: Value is not an object"),
        };
        var fields = (envelope["options"] as JsonObject)?["fields"] switch
        {
            JsonArray array => string.Join(',', array.Select(f => Properties.GidOf("options.fields", f))),
            { } text => Properties.GidOf("options.fields", text),
            null => null,
        };
        return new RequestBody(data, fields, null);
    }

    private static Refusal InvalidJson() => Refusal.BadRequest("Could not parse request data, invalid JSON");
}
