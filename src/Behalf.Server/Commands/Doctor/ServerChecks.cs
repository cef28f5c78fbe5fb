using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands.Doctor;

/// <summary>Whether the server that this folder names runs and is ready.</summary>
internal static class ServerChecks
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <returns>The finding and the public URL, as far as there is a server file.</returns>
    public static async Task<(Finding? Finding, Uri? PublicUrl)> OfAsync(
        DataFolder folder,
        CancellationToken cancellationToken
    )
    {
        if (!File.Exists(folder.ServerFile))
        {
            return (null, null);
        }

        string? bound;
        Uri? publicUrl;
        try
        {
            using JsonDocument file = JsonDocument.Parse(
                await File.ReadAllTextAsync(folder.ServerFile, cancellationToken)
            );
            bound = file.RootElement.GetProperty("urls")[0].GetString();
            _ = Uri.TryCreate(file.RootElement.GetProperty("url").GetString(), UriKind.Absolute, out publicUrl);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (Finding.Wrong($"{folder.ServerFile} cannot be read: the next start writes it anew"), null);
        }

        return (await AskAsync(folder, bound!, cancellationToken), publicUrl);
    }

    private static async Task<Finding> AskAsync(DataFolder folder, string url, CancellationToken cancellationToken)
    {
        using HttpClient http = Client(folder);
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"{url}/health/ready"), cancellationToken);
            return answer.IsSuccessStatusCode
                ? Finding.Fine($"the server at {url} is ready")
                : Finding.Wrong(
                    $"the server at {url} runs and is not ready: its root key or its database cannot be had, or it is stopping; see the findings about them and its log"
                );
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return Finding.Fine($"no server runs at {url}");
        }
    }

    private static HttpClient Client(DataFolder folder)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        if (File.Exists(DevelopmentCertificate.AuthorityFile(folder)))
        {
            X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(
                DevelopmentCertificate.AuthorityFile(folder)
            );
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            };
        }

        return new HttpClient(handler) { Timeout = Timeout };
    }
}
