using Behalf.Connections;

namespace Behalf.Server.Api;

/// <summary>The wire's names of proxy modes.</summary>
internal static class ProxyModeNames
{
    private const string Default = "default";

    private static readonly Dictionary<string, ProxyMode> Modes = new(StringComparer.Ordinal)
    {
        ["off"] = ProxyMode.Off,
        ["read"] = ProxyMode.Read,
        ["full"] = ProxyMode.Full,
    };

    public static string Of(ProxyMode? mode) => Modes.FirstOrDefault(pair => pair.Value == mode).Key ?? Default;

    /// <param name="name">Checked by the request's rules; empty is the default.</param>
    public static ProxyMode? Read(string name) => Modes.TryGetValue(name, out ProxyMode mode) ? mode : null;
}
