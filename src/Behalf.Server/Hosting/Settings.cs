using Behalf.Vault;

namespace Behalf.Server.Hosting;

/// <summary>
/// Settings from <c>appsettings.json</c> and <c>BEHALF__…</c> environment variables (section <c>Behalf</c>), under those
/// of the command line.
/// </summary>
internal static class Settings
{
    private const string Section = "Behalf";

    public static void Apply(
        BehalfOptions target,
        IConfiguration configuration,
        ServerOptions options,
        Listener listener
    )
    {
        IConfigurationSection section = configuration.GetSection(Section);
        target.PublicUrl = (options.PublicUrl ?? section["PublicUrl"] ?? listener.Urls[0].Url).TrimEnd('/');
        target.Node = section["Node"] ?? target.Node;
        target.ConnectorsFolder = options.ConnectorsFolder ?? section["ConnectorsFolder"] ?? ConnectorsFolder.Find();
        target.RefreshMargin = section.GetValue("RefreshMargin", target.RefreshMargin);
        target.TokenRequestTimeout = section.GetValue("TokenRequestTimeout", target.TokenRequestTimeout);
        target.LinkLifetime = section.GetValue("LinkLifetime", target.LinkLifetime);
        Add(target.AllowedPrivateOrigins, options.AllowedPrivateOrigins);
        Add(target.AllowedPrivateOrigins, section.GetSection("Egress:AllowedPrivateOrigins").Get<string[]>() ?? []);
        Add(target.VerifyUrls, section.GetSection("VerifyUrls").Get<string[]>() ?? []);
    }

    public static void Apply(VaultOptions target, IConfiguration configuration, ServerOptions options)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        target.RootKey = options.RootKey ?? section["RootKey"];
        Add(target.FurtherRootKeys, options.FurtherRootKeys);
        Add(target.FurtherRootKeys, section.GetSection("FurtherRootKeys").Get<string[]>() ?? []);
    }

    /// <exception cref="StartupException">A value is out of its bounds; the message names it.</exception>
    public static void Check(BehalfOptions options)
    {
        Within("RefreshMargin", options.RefreshMargin, TimeSpan.Zero, TimeSpan.FromHours(1));
        Within("TokenRequestTimeout", options.TokenRequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
        Within("LinkLifetime", options.LinkLifetime, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        if (
            !Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out Uri? uri)
            || uri.PathAndQuery != "/"
            || uri.UserInfo.Length > 0
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        )
        {
            throw new StartupException(
                $"--public-url: \"{options.PublicUrl}\" is not an https origin (http is for loopback only), such as https://behalf.example."
            );
        }
    }

    private static void Within(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            throw new StartupException($"Behalf:{name} is {value}; it must be from {least} to {most}.");
        }
    }

    private static void Add(IList<string> target, IEnumerable<string> values)
    {
        foreach (string value in values.Where(value => !target.Contains(value)))
        {
            target.Add(value);
        }
    }
}
