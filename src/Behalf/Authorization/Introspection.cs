using System.Text.Json;
using Behalf.Egress;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>Asks the provider which scopes a token has (RFC 7662), where the token answer did not say.</summary>
internal sealed partial class Introspection(TokenEndpoint endpoint, ILogger<Introspection> logger)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <returns>Null when the provider has no such endpoint or gives no usable answer.</returns>
    public async Task<ScopeSet?> ReadScopesAsync(FlowContext context, Secret accessToken, TimeSpan timeout)
    {
        if (OAuthEndpoints.Introspect(context.Connection, context.Profile) is not { } uri || timeout <= TimeSpan.Zero)
        {
            return null;
        }

        EgressOutcome outcome = await endpoint.PostAsync(
            uri,
            context.Connection,
            context.Profile,
            [new("token", accessToken.RevealText())],
            [accessToken],
            timeout,
            CancellationToken.None
        );
        if (outcome is EgressOutcome.Answered { Status: 200 } answered && Read(answered.Body) is { } scope)
        {
            return TokenAnswerReader.ReadScopes(scope, context.Profile);
        }

        Log.NotIntrospected(logger, context.Connection.Id);
        return null;
    }

    private static string? Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("active", out JsonElement active)
                && active.ValueKind == JsonValueKind.True
                && document.RootElement.TryGetProperty("scope", out JsonElement scope)
                && scope.ValueKind == JsonValueKind.String
                ? scope.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2111, LogLevel.Warning, "The provider of {Connection} did not say which scopes a token has")]
        public static partial void NotIntrospected(ILogger logger, ConnectionId connection);
    }
}
