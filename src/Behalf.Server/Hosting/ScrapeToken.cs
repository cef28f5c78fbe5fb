using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Server.Hosting;

/// <summary>
/// What Prometheus shows at <c>/metrics</c>: <c>Behalf:MetricsToken</c>, else <c>metrics-token</c> in the data folder, made
/// at the first start. It opens nothing but numbers.
/// </summary>
internal static class ScrapeToken
{
    private const int LeastLength = 16;

    /// <exception cref="StartupException">The setting is too short to be a secret.</exception>
    public static string Of(IConfiguration configuration, IServiceProvider services)
    {
        if (configuration["Behalf:MetricsToken"] is { Length: > 0 } set)
        {
            return set.Length >= LeastLength
                ? set
                : throw new StartupException($"Behalf:MetricsToken has fewer than {LeastLength} characters.");
        }

        string file = services.GetRequiredService<DataFolder>().MetricsTokenFile;
        if (!File.Exists(file))
        {
            string made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            DataFolder.Write(file, Encoding.ASCII.GetBytes(made));
        }

        return File.ReadAllText(file).Trim();
    }
}
