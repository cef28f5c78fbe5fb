using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Behalf.Wire.Errdetails;
using Google.Protobuf;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>One unary gRPC call with prior knowledge over plain http, as the official SDKs make it.</summary>
internal static class GrpcCall
{
    public static Task<GrpcReply> SendAsync(
        TestServer server,
        string method,
        IMessage request,
        params string[] tokens
    ) => SendAsync(server, method, request.ToByteArray(), tokens);

    /// <param name="message">Sent as it is, whether or not it is a message.</param>
    public static Task<GrpcReply> SendAsync(TestServer server, string method, byte[] message, params string[] tokens) =>
        SendAsync(server, method, message, [], tokens);

    /// <param name="metadata">Names and values beside the tokens.</param>
    public static async Task<GrpcReply> SendAsync(
        TestServer server,
        string method,
        byte[] message,
        IReadOnlyList<(string Name, string Value)> metadata,
        params string[] tokens
    )
    {
        byte[] frame = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using HttpRequestMessage http = new(HttpMethod.Post, new Uri(method, UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        http.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        http.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (string token in tokens)
        {
            http.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
        }

        foreach ((string name, string value) in metadata)
        {
            http.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await server.Http.SendAsync(http, TestContext.Current.CancellationToken);
        byte[] body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        string? Find(string name) =>
            response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? t) ? t.First()
            : response.Headers.TryGetValues(name, out IEnumerable<string>? h) ? h.First()
            : null;
        return new GrpcReply(
            int.Parse(Find("grpc-status")!),
            Find("grpc-status-details-bin"),
            body.Length > 5 ? body[5..] : []
        );
    }
}

internal sealed record GrpcReply(int Status, string? Details, byte[] Message)
{
    public ErrorInfo Error
    {
        get
        {
            Read().Code.Should().Be(Status);
            return Read().Details[0].Unpack<ErrorInfo>();
        }
    }

    /// <value>Null: the answer does not say.</value>
    public TimeSpan? RetryAfter =>
        Read()
            .Details.Where(detail => detail.Is(Google.Rpc.RetryInfo.Descriptor))
            .Select(detail => detail.Unpack<Google.Rpc.RetryInfo>().RetryDelay.ToTimeSpan())
            .Cast<TimeSpan?>()
            .FirstOrDefault();

    private Google.Rpc.Status Read() =>
        Google.Rpc.Status.Parser.ParseFrom(
            Convert.FromBase64String(Details!.PadRight((Details!.Length + 3) / 4 * 4, '='))
        );
}
