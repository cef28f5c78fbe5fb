using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Behalf.Tests.Egress;

/// <summary>Offers TLS with a certificate nobody trusts.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    private TlsServer()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _certificate = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Origin => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static TlsServer Start() => new();

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _certificate.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await using SslStream stream = new(client.GetStream());
                try
                {
                    await stream.AuthenticateAsServerAsync(_certificate);
                    await stream.ReadExactlyAsync(new byte[1]);
                }
                catch (Exception refused) when (refused is AuthenticationException or IOException)
                {
                    // The client does not trust the certificate.
                }
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }
}
