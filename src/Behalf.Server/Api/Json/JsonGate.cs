using System.Text.Json;
using Behalf.Server.Doors;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using ErrorInfo = Behalf.Wire.Errdetails.ErrorInfo;

namespace Behalf.Server.Api.Json;

/// <summary>
/// In front of and behind JSON transcoding: requests are read strictly, answers carry the contract's names. gRPC requests
/// pass untouched.
/// </summary>
internal sealed class JsonGate(RequestDelegate next)
{
    private static readonly JsonShape ErrorShape = JsonShape.Of(ErrorInfo.Descriptor);

    /// <summary>What a JSON writer asks for beyond what it writes.</summary>
    private const int RoomAhead = 8 * 1024;

    private static readonly Problem Unfit = Problem.Invalid(
        "body",
        "type",
        "holds a value that is not of its field's type"
    );

    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } method
            ? TranscodeAsync(http, method)
            : next(http);

    private async Task TranscodeAsync(HttpContext http, GrpcJsonTranscodingMetadata method)
    {
        bool wholeBody = method.HttpRule.Body == "*";
        Problem? problem =
            StrictQuery.Check(
                http.Request.QueryString,
                http.Request.Query,
                method.MethodDescriptor.InputType,
                allowed: !wholeBody
            ) ?? await CheckBodyAsync(http, method.MethodDescriptor.InputType, method.HttpRule);
        if (problem is not null)
        {
            await ProblemAnswer.WriteAsync(http, problem);
            return;
        }

        await AnswerAsync(http, method.MethodDescriptor.OutputType);
    }

    private static async Task<Problem?> CheckBodyAsync(HttpContext http, MessageDescriptor input, HttpRule rule)
    {
        if (rule.Body.Length == 0)
        {
            return null;
        }

        using MemoryStream buffer = new();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        byte[] body = buffer.ToArray();
        http.Request.Body = new MemoryStream(body, writable: false);
        if (body.Length == 0)
        {
            return null; // an empty message, to the transcoder
        }

        JsonShape shape =
            rule.Body == "*" ? JsonShape.Of(input)
            : JsonShape.Of(input).Find(rule.Body) is var (_, field) ? field
            : JsonShape.Any;
        return StrictJson.Check(body, shape);
    }

    private async Task AnswerAsync(HttpContext http, MessageDescriptor output)
    {
        Stream original = http.Response.Body;
        using MemoryStream buffer = new();
        http.Response.Body = buffer;
        SharedMessages? shared = SharedMessages.For(output);
        http.Features.Set(shared);
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = original;
        }

        if (buffer.Length == 0)
        {
            return;
        }

        if (http.Response.StatusCode == StatusCodes.Status400BadRequest && LacksDetails(buffer))
        {
            http.Response.ContentLength = null;
            await ProblemAnswer.WriteAsync(http, Unfit);
            return;
        }

        JsonShape shape =
            http.Response.StatusCode < StatusCodes.Status400BadRequest ? JsonShape.Of(output) : StatusShape.Instance;
        using PooledBuffer rewritten = new((int)buffer.Length + RoomAhead);
        ReadOnlySpan<byte> written = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (shared is not null && http.Response.StatusCode < StatusCodes.Status400BadRequest)
        {
            using PooledBuffer whole = new((int)buffer.Length);
            shared.Put(written, whole);
            WireNames.Rewrite(whole.WrittenSpan, shape, rewritten);
        }
        else
        {
            WireNames.Rewrite(written, shape, rewritten);
        }

        http.Response.ContentLength = rewritten.WrittenCount;
        await original.WriteAsync(rewritten.WrittenMemory, http.RequestAborted);
    }

    /// <summary>The transcoder's own refusals have none: JSON whose values are not of the fields' types.</summary>
    private static bool LacksDetails(MemoryStream answer)
    {
        using JsonDocument status = JsonDocument.Parse(answer.GetBuffer().AsMemory(0, (int)answer.Length));
        return status.RootElement.TryGetProperty("details", out JsonElement details) && details.GetArrayLength() == 0;
    }

    /// <summary><c>google.rpc.Status</c>, whose details are our error infos.</summary>
    private sealed class StatusShape : JsonShape
    {
        public static readonly StatusShape Instance = new();

        public override (string Name, JsonShape Shape)? Find(string name) =>
            (name, name == "details" ? ErrorShape : Any);
    }
}
