using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Behalf.Mcp;
using Behalf.Vault;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>
/// The <c>requestState</c> of a call that asks something of the person first. The client carries it, so it is an
/// attacker's: a time, a number of its own and a MAC over these and over who, where, which tool and which arguments; and
/// what a provider gave to go with the answers to its own questions, which the MAC holds too.
/// </summary>
internal sealed class RequestStates(IVault vault, TimeProvider time)
{
    private const string Purpose = "mcp_request_state";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <param name="carried">What goes with the answers; null: nothing does.</param>
    public string Seal(McpVisit visit, CallToolRequestParams call, string? carried = null)
    {
        string until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string number = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        string sealedState = $"{until}.{number}.{Base64Url.EncodeToString(Mac(visit, call, until, number, carried))}";
        return carried is null
            ? sealedState
            : $"{sealedState}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(carried))}";
    }

    /// <summary>What was sealed in with the state that this call brings; null: nothing, or there is no state.</summary>
    /// <exception cref="McpProtocolException">As <see cref="AnswerTo"/>.</exception>
    public string? CarriedBy(McpVisit visit, CallToolRequestParams call)
    {
        string[] parts = PartsOf(call);
        return parts.Length <= 3 ? null
            : Holds(visit, call) ? CarriedIn(parts)
            : throw NotValid();
    }

    /// <summary>The same for each use of one state, and of no other; short enough to be a key.</summary>
    public static string? KeyOf(CallToolRequestParams call) =>
        call.RequestState is null ? null : string.Join('.', PartsOf(call).Take(3));

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
            throw NotValid();
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

    private static McpProtocolException NotValid() =>
        new("The request state is not valid here.", McpErrorCode.InvalidParams);

    private static string[] PartsOf(CallToolRequestParams call) => call.RequestState?.Split('.') ?? [];

    private static string? CarriedIn(string[] parts) =>
        parts is [_, _, _, { } text] && Base64Url.IsValid(text)
            ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text))
            : null;

    private bool Holds(McpVisit visit, CallToolRequestParams call)
    {
        string[] parts = PartsOf(call);
        string? carried = CarriedIn(parts);
        return parts is [var until, var number, var mac, ..]
            && parts.Length == (carried is null ? 3 : 4)
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && time.GetUtcNow().ToUnixTimeSeconds() < seconds
            && Base64Url.IsValid(mac)
            && CryptographicOperations.FixedTimeEquals(
                Base64Url.DecodeFromChars(mac),
                Mac(visit, call, until, number, carried)
            );
    }

    private byte[] Mac(McpVisit visit, CallToolRequestParams call, string until, string number, string? carried) =>
        vault.Mac(
            Purpose,
            JsonSerializer.SerializeToUtf8Bytes(
                new object?[]
                {
                    until,
                    number,
                    carried,
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
