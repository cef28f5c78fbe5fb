using System.Security.Cryptography.X509Certificates;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands.Doctor;

/// <summary>Whether a certificate still serves, and for how long.</summary>
internal static class CertificateChecks
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    /// <param name="publicUrl">Null: not known here.</param>
    public static IEnumerable<Finding> Of(DataFolder folder, string? file, Uri? publicUrl)
    {
        if (file is null)
        {
            if (File.Exists(DevelopmentCertificate.AuthorityFile(folder)))
            {
                using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(
                    DevelopmentCertificate.AuthorityFile(folder)
                );
                yield return Lasting("development authority", authority);
            }

            yield break;
        }

        X509Certificate2? certificate = null;
        string? unusable = null;
        try
        {
            certificate = CertificateFile.Load(file);
        }
        catch (StartupException failure)
        {
            unusable = failure.Message;
        }

        if (certificate is null)
        {
            yield return Finding.Wrong(unusable!);
            yield break;
        }

        using (certificate)
        {
            yield return Lasting(file, certificate);
            if (publicUrl is not null && !certificate.MatchesHostname(publicUrl.Host))
            {
                yield return Finding.Wrong($"{file} is not for {publicUrl.Host}, where people reach the server");
            }
        }
    }

    private static Finding Lasting(string name, X509Certificate2 certificate)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        DateTimeOffset begin = new(certificate.NotBefore.ToUniversalTime());
        DateTimeOffset end = new(certificate.NotAfter.ToUniversalTime());
        return now < begin ? Finding.Wrong($"certificate {name} is not valid yet: from {begin:u}")
            : end <= now ? Finding.Wrong($"certificate {name} ended on {end:yyyy-MM-dd}: clients refuse it")
            : end - now < Soon
                ? Finding.Wrong($"certificate {name} ends in {(end - now).Days} days: renew it and restart")
            : Finding.Fine($"certificate {name} until {end:yyyy-MM-dd}");
    }
}
