using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>
/// What a client of the older generation said of itself in <c>initialize</c>, as far as answers depend on it. The client
/// carries it as its session id (<see cref="ClientSessions"/>).
/// </summary>
/// <param name="Id">The session id as a whole: unguessable, and different for each <c>initialize</c>.</param>
internal sealed record ClientSession(string Id, bool FillsForms, bool OpensUrls)
{
    public ClientCapabilities Capabilities =>
        new()
        {
            Elicitation =
                FillsForms || OpensUrls
                    ? new ElicitationCapability { Form = FillsForms ? new() : null, Url = OpensUrls ? new() : null }
                    : null,
        };

    /// <summary>From the parameters of an <c>initialize</c>; <c>elicitation: {}</c> means forms.</summary>
    public static (bool FillsForms, bool OpensUrls) Declared(JsonElement parameters)
    {
        if (
            parameters.ValueKind != JsonValueKind.Object
            || !parameters.TryGetProperty("capabilities", out JsonElement capabilities)
            || capabilities.ValueKind != JsonValueKind.Object
            || !capabilities.TryGetProperty("elicitation", out JsonElement elicitation)
            || elicitation.ValueKind != JsonValueKind.Object
        )
        {
            return (false, false);
        }

        bool opensUrls = elicitation.TryGetProperty("url", out _);
        return (elicitation.TryGetProperty("form", out _) || !opensUrls, opensUrls);
    }
}
