using Behalf.Wire.Tools;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;

namespace Behalf.Server.Api.Json;

/// <summary>Around the transcoder, where an answer is mostly tools that the answers to others hold too: a scoped list.</summary>
internal sealed class SharedMessagesGate(RequestDelegate next)
{
    /// <value>In bytes, of most answers without their tools.</value>
    private const int ShortAnswer = 32 * 1024;

    /// <value>Where a tool stands: the answer, its list, an item, the item's property.</value>
    private const int ItemDepth = 3;

    public async Task InvokeAsync(HttpContext http)
    {
        if (
            http.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()?.MethodDescriptor.OutputType
            != ListScopedToolsResponse.Descriptor
        )
        {
            await next(http);
            return;
        }

        SharedMessages tools = new();
        http.Features.Set(tools);
        Stream original = http.Response.Body;
        using MemoryStream buffer = new(ShortAnswer);
        http.Response.Body = buffer;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = original;
        }

        using PooledBuffer whole = new((int)buffer.Length);
        if (http.Response.StatusCode < StatusCodes.Status400BadRequest)
        {
            tools.Put(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), "tool"u8, ItemDepth, whole);
            await original.WriteAsync(whole.WrittenMemory, http.RequestAborted);
        }
        else
        {
            await original.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), http.RequestAborted);
        }
    }
}
