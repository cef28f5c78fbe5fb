using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Behalf.Mcp;
using Behalf.Vault;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>
/// The <c>requestState</c> of a call that asks something of the person first. The client carries it, so it is an
/// attacker's: a time and a MAC over who, where, which tool and which arguments, and nothing to read.
/// </summary>
internal sealed class RequestStates(IVault vault, TimeProvider time)
{
    private const string Purpose = "mcp_request_state";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public string Seal(McpVisit visit, CallToolRequestParams call)
    {
        string until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{until}.{Base64Url.EncodeToString(Mac(visit, call, until))}";
    }

    /// <summary>What the person answered; null when nothing was asked before.</summary>
    /// <exception cref="McpProtocolException">The state is not ours, or of another user, server, tool or arguments, or too old.</exception>
    public string? AnswerOf(McpVisit visit, CallToolRequestParams call, string key)
    {
        if (call.RequestState is null && call.InputResponses is not { Count: > 0 })
        {
            return null;
        }

        if (!Holds(visit, call))
        {
            throw new McpProtocolException("The request state is not valid here.", McpErrorCode.InvalidParams);
        }

        return
            call.InputResponses?.TryGetValue(key, out InputResponse? response) == true
            && response.RawValue.ValueKind == JsonValueKind.Object
            && response.RawValue.TryGetProperty("action", out JsonElement action)
            ? action.ToString()
            : "cancel";
    }

    private bool Holds(McpVisit visit, CallToolRequestParams call)
    {
        string[] parts = call.RequestState?.Split('.') ?? [];
        return parts is [var until, var mac]
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && time.GetUtcNow().ToUnixTimeSeconds() < seconds
            && Base64Url.IsValid(mac)
            && CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(mac), Mac(visit, call, until));
    }

    private byte[] Mac(McpVisit visit, CallToolRequestParams call, string until) =>
        vault.Mac(
            Purpose,
            JsonSerializer.SerializeToUtf8Bytes(
                new object?[]
                {
                    until,
                    visit.Subject.Environment.ToString(),
                    visit.Subject.Identifier.Value,
                    visit.Server,
                    call.Name,
                    call
                        .Arguments?.OrderBy(argument => argument.Key, StringComparer.Ordinal)
                        .Select(argument => new[] { argument.Key, argument.Value.GetRawText() })
                        .ToArray(),
                }
            )
        );
}
