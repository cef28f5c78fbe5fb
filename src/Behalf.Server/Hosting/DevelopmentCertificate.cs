using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Behalf.Server.Hosting;

/// <summary>
/// A certificate for localhost with a small authority of its own, made once per data folder. The authority's key is
/// thrown away as soon as it has signed: nothing else can ever be trusted because of it.
/// </summary>
internal static class DevelopmentCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(800);

    public static string AuthorityFile(DataFolder folder) => Path.Combine(folder.Tls, "ca.pem");

    /// <returns>The certificate, made anew when there is none or it ends within a day.</returns>
    public static X509Certificate2 Ensure(DataFolder folder, TimeProvider time)
    {
        string file = Path.Combine(folder.Tls, "localhost.pem");
        if (File.Exists(file) && File.Exists(AuthorityFile(folder)))
        {
            X509Certificate2 existing = CertificateFile.Load(file);
            if (existing.NotAfter.ToUniversalTime() > time.GetUtcNow().UtcDateTime.AddDays(1))
            {
                return existing;
            }

            existing.Dispose();
        }

        DataFolder.MakeFolder(folder.Tls);
        (string authority, string server) = Make(time.GetUtcNow());
        DataFolder.Write(file, Encoding.ASCII.GetBytes(server));
        DataFolder.Write(AuthorityFile(folder), Encoding.ASCII.GetBytes(authority));
        return CertificateFile.Load(file);
    }

    private static (string Authority, string Server) Make(DateTimeOffset now)
    {
        DateTimeOffset from = now.AddHours(-1);
        DateTimeOffset until = now + Lifetime;
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authorityRequest = new(
            "CN=Behalf development authority",
            authorityKey,
            HashAlgorithmName.SHA256
        );
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authorityRequest.CertificateExtensions.Add(
            new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false)
        );
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(from, until);

        using ECDsa serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest serverRequest = new("CN=localhost", serverKey, HashAlgorithmName.SHA256);
        serverRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        serverRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        serverRequest.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false)
        );
        serverRequest.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false)
        );
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        serverRequest.CertificateExtensions.Add(names.Build());
        using X509Certificate2 server = serverRequest.Create(
            authority,
            from,
            until,
            RandomNumberGenerator.GetBytes(16)
        );

        return (
            authority.ExportCertificatePem() + "\n",
            $"{server.ExportCertificatePem()}\n{serverKey.ExportPkcs8PrivateKeyPem()}\n"
        );
    }
}
