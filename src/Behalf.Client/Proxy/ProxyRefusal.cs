using Behalf.Client.Internal;
using Behalf.Wire.Errdetails;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>The server's own answers, in the JSON form of the same status that gRPC carries.</summary>
internal static class ProxyRefusal
{
    private const int LongestAnswer = 64 * 1024;

    private static readonly JsonParser s_json = new(
        JsonParser
            .Settings.Default.WithIgnoreUnknownFields(true)
            .WithTypeRegistry(TypeRegistry.FromMessages(ErrorInfo.Descriptor, Google.Rpc.RetryInfo.Descriptor))
    );

    public static async Task<BehalfException> ReadAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var status = s_json.Parse<Google.Rpc.Status>(body);
            return Errors.Read(status.ToRpcException(), response.RequestMessage!.RequestUri!);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            return new BehalfException(
                "unexpected_answer",
                $"The server answered {(int)response.StatusCode} without saying why.",
                exception
            );
        }
    }
}
