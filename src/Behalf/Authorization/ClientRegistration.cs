using System.Net.Http.Headers;
using System.Text.Json;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Identity;

namespace Behalf.Authorization;

/// <param name="Secret">Null: a public client. The caller's to dispose.</param>
internal sealed record RegisteredClient(string Id, Secret? Secret);

/// <summary>
/// Gives a connection an OAuth client where nobody registered one: the address of the document about it where the provider
/// takes that and can reach it, else what the provider's registration endpoint answers (RFC 7591).
/// </summary>
internal sealed class ClientRegistration(IEgress egress, PublicUrls urls)
{
    private const int MaxAnswer = 64 * 1024;
    private const int MaxText = 512;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public async Task<Result<RegisteredClient>> RegisterAsync(
        DeploymentEnvironment environment,
        Connection connection,
        OAuthProfile profile,
        CancellationToken cancellationToken
    )
    {
        Uri metadata = urls.ClientMetadata(environment, connection.Id);
        if (profile.ClientIdMetadata && metadata.Scheme == Uri.UriSchemeHttps)
        {
            return new RegisteredClient(metadata.AbsoluteUri, null);
        }

        return OAuthEndpoints.Register(connection, profile) is { } endpoint
            ? await AskAsync(endpoint, urls.RedirectUri(environment, connection.Id), profile, cancellationToken)
            : new Problem(
                ProblemKind.FailedPrecondition,
                "client_needed",
                "The provider takes the address of our document as a client, which has to be https: set --public-url, or register a client and name it."
            );
    }

    private async Task<Result<RegisteredClient>> AskAsync(
        Uri endpoint,
        Uri redirect,
        OAuthProfile profile,
        CancellationToken cancellationToken
    )
    {
        string authentication = ClientDocument.NameOf(profile.ClientAuthentication);
        using StringContent content = new(
            ClientDocument.Describe(redirect, authentication).ToJsonString(),
            new MediaTypeHeaderValue("application/json")
        );
        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Post,
                Uri = endpoint,
                Origin = new Uri(endpoint.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json")],
                Content = content,
                Timeout = Timeout,
                MaxResponseBytes = MaxAnswer,
            },
            cancellationToken
        );
        return outcome is EgressOutcome.Answered { Status: 200 or 201 } answered
            ? Read(answered.Body, authentication)
            : Refused(
                outcome is EgressOutcome.Answered { Status: var status }
                    ? $"it answered {status}"
                    : ((EgressOutcome.Failed)outcome).Description
            );
    }

    private static Result<RegisteredClient> Read(byte[] body, string asked)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (Text(root, "client_id") is not { } id)
            {
                return Refused("its answer holds no usable client_id");
            }

            // RFC 7591 §3.2.1: the server may register otherwise than asked; the profile's way is the one we know to use.
            string given = Text(root, "token_endpoint_auth_method") ?? asked;
            string? secret = Text(root, "client_secret");
            return given != asked ? Refused($"it wants {InertText.ErrorCode(given)}, and said that it takes {asked}")
                : asked != "none" && secret is null ? Refused("its answer holds no secret")
                : new RegisteredClient(id, asked == "none" ? null : Secret.FromText(secret!));
        }
        catch (JsonException)
        {
            return Refused("its answer is not JSON");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= MaxText } text
        && text.All(c => c is >= ' ' and <= '~')
            ? text
            : null;

    private static Problem Refused(string why) =>
        new(
            ProblemKind.FailedPrecondition,
            "registration_failed",
            $"The provider did not register a client ({why}). Register one there and name it."
        );
}
