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
/// attacker's: a time, a number of its own and a MAC over these and over who, where, which tool and which arguments.
/// There is nothing to read in it.
/// </summary>
internal sealed class RequestStates(IVault vault, TimeProvider time)
{
    private const string Purpose = "mcp_request_state";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public string Seal(McpVisit visit, CallToolRequestParams call)
    {
        string until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string number = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        return $"{until}.{number}.{Base64Url.EncodeToString(Mac(visit, call, until, number))}";
    }

    /// <summary>What the person was asked under this key and answered; null when this call asked nothing of the kind.</summary>
    /// <exception cref="McpProtocolException">The state is not ours, or of another user, server, tool or arguments, or too old.</exception>
    public JsonElement? AnswerTo(McpVisit visit, CallToolRequestParams call, string key)
    {
        if (call.RequestState is null && call.InputResponses is not { Count: > 0 })
        {
            return null;
        }

        if (!Holds(visit, call))
        {
            throw new McpProtocolException("The request state is not valid here.", McpErrorCode.InvalidParams);
        }

        return call.InputResponses?.TryGetValue(key, out InputResponse? response) == true ? response.RawValue : null;
    }

    /// <summary>The <c>action</c> of an answer to an elicitation; anything unreadable is a no.</summary>
    public static string? ActionOf(JsonElement? answer) =>
        answer switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } given
                when given.TryGetProperty("action", out JsonElement action)
                    && action.ValueKind == JsonValueKind.String => action.GetString(),
            _ => "cancel",
        };

    private bool Holds(McpVisit visit, CallToolRequestParams call)
    {
        string[] parts = call.RequestState?.Split('.') ?? [];
        return parts is [var until, var number, var mac]
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && time.GetUtcNow().ToUnixTimeSeconds() < seconds
            && Base64Url.IsValid(mac)
            && CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(mac), Mac(visit, call, until, number));
    }

    private byte[] Mac(McpVisit visit, CallToolRequestParams call, string until, string number) =>
        vault.Mac(
            Purpose,
            JsonSerializer.SerializeToUtf8Bytes(
                new object?[]
                {
                    until,
                    number,
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
