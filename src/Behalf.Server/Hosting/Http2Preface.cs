using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Behalf.Server.Hosting;

/// <summary>
/// HTTP/1.1 and HTTP/2 on one cleartext port. Without TLS there is no ALPN, so the first bytes decide: the HTTP/2
/// connection preface (RFC 9113 §3.4) or anything else. The web server takes the answer where it looks for ALPN's.
/// </summary>
internal static class Http2Preface
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public static void UseHttp2Preface(this ListenOptions listen, TimeProvider time) =>
        listen.Use(next =>
            async connection =>
            {
                using CancellationTokenSource timeout = new(Patience, time);
                bool isHttp2;
                try
                {
                    isHttp2 = await PeekAsync(connection.Transport.Input, timeout.Token);
                }
                catch (Exception failure)
                    when (failure
                            is OperationCanceledException
                                or ConnectionResetException
                                or ConnectionAbortedException
                    )
                {
                    connection.Abort();
                    return;
                }

                if (isHttp2)
                {
                    connection.Features.Set<ITlsConnectionFeature>(ChosenProtocol.Instance);
                    connection.Features.Set<ITlsApplicationProtocolFeature>(ChosenProtocol.Instance);
                }

                await next(connection);
            }
        );

    /// <summary>Looks without consuming; stops at the first byte that differs.</summary>
    private static async Task<bool> PeekAsync(PipeReader input, CancellationToken cancellationToken)
    {
        long examined = 0;
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            bool? verdict = Judge(buffer);
            if (verdict is not null || read.IsCompleted)
            {
                // Nothing beyond what was examined before: the next reader gets all of it at once.
                input.AdvanceTo(buffer.Start, buffer.GetPosition(examined));
                return verdict ?? false;
            }

            examined = buffer.Length;
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static bool? Judge(ReadOnlySequence<byte> buffer)
    {
        int length = (int)Math.Min(buffer.Length, Preface.Length);
        Span<byte> first = stackalloc byte[length];
        buffer.Slice(0, length).CopyTo(first);
        return !first.SequenceEqual(Preface[..length]) ? false
            : length == Preface.Length ? true
            : null;
    }

    private sealed class ChosenProtocol : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public static readonly ChosenProtocol Instance = new();

        private static readonly byte[] Http2 = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException("There is no TLS on this connection.");
        }

        public ReadOnlyMemory<byte> ApplicationProtocol => Http2;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
