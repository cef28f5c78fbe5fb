using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Behalf.Server.Hosting;

/// <summary>A server certificate with its key: PEM (both in one file) or PFX (password in <c>BEHALF_CERT_PASSWORD</c>).</summary>
internal static class CertificateFile
{
    private const string PasswordVariable = "BEHALF_CERT_PASSWORD";

    /// <exception cref="StartupException">Missing, unreadable or without a key.</exception>
    public static X509Certificate2 Load(string path)
    {
        try
        {
            if (
                path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase)
                || path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase)
            )
            {
                return X509CertificateLoader.LoadPkcs12FromFile(
                    path,
                    Environment.GetEnvironmentVariable(PasswordVariable)
                );
            }

            using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(path);
            // Through PKCS#12, so that TLS can use the key on every system.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"The certificate {path} cannot be used: {failure.Message} It must hold the certificate and its private key.",
                failure
            );
        }
    }
}
