using Behalf.Cli.Settings;
using Behalf.Client;

namespace Behalf.Cli.Commands.Client;

internal static class ClientFile
{
    /// <summary>In the form <c>--credentials</c> reads.</summary>
    public static void Write(SecretFile file, BehalfClient behalf, ApiClientWithSecret made) =>
        file.Write(
            new
            {
                EnvironmentUrl = behalf.Server.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped),
                made.Client.ClientId,
                ClientSecret = made.ClientSecret.Reveal(),
            }
        );
}
