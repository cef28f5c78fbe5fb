using System.Text;
using System.Text.Json;
using Behalf.Connectors;
using Behalf.Connectors.Templates;
using Behalf.Egress;
using Newtonsoft.Json.Linq;

namespace Behalf.Authorization;

/// <summary>Asks the provider whose token this is, where the connector says how; one request, never repeated.</summary>
internal sealed class ProviderIdentity(IEgress egress)
{
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly JObject NoScope = [];
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public async Task<IdentityAnswer> AskAsync(
        FlowContext context,
        Secret accessToken,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        OAuthProfile profile = context.Profile;
        if (profile.UserPath is not { } path || (profile.UserIdPath ?? profile.IdentityIdPath) is null)
        {
            return new IdentityAnswer.Unknown("the connector does not say how to ask");
        }

        Uri uri = new($"{context.Connection.BaseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/')}{path}");
        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = profile.UserJson is null ? HttpMethod.Get : HttpMethod.Post,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json"), .. LiteralHeaders(context.Definition)],
                Content = profile.UserJson is { } json
                    ? new StringContent(json, Encoding.UTF8, "application/json")
                    : null,
                Credential = new EgressCredential(profile.TokenHeader, profile.TokenPrefix, accessToken),
                Timeout = timeout,
                MaxResponseBytes = MaxAnswerBytes,
            },
            cancellationToken
        );
        return outcome switch
        {
            EgressOutcome.Answered { Status: 200 } answered => Read(answered.Body, profile),
            EgressOutcome.Answered { Status: 401 } => new IdentityAnswer.Refused(),
            EgressOutcome.Answered answered => new IdentityAnswer.Unknown($"the provider answered {answered.Status}"),
            EgressOutcome.Failed failed => new IdentityAnswer.Unknown(failed.Description),
            _ => throw new InvalidOperationException($"Unknown egress outcome {outcome.GetType().Name}."),
        };
    }

    /// <summary>Those of every request that depend on nothing, such as the version of the API.</summary>
    private static IEnumerable<KeyValuePair<string, string>> LiteralHeaders(ConnectorDefinition definition) =>
        definition
            .Rules.Headers.Where(header => header.Value.IsLiteral)
            .Select(header => KeyValuePair.Create(header.Name, Tokens.TextOf(header.Value.Evaluate(NoScope)!) ?? ""))
            .Where(header => !header.Key.Equals("Accept", StringComparison.OrdinalIgnoreCase));

    private static IdentityAnswer Read(byte[] body, OAuthProfile profile)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return JsonPath.Text(document.RootElement, profile.UserIdPath ?? profile.IdentityIdPath) is { } id
                ? new IdentityAnswer.User(
                    id,
                    InertText.Description(
                        JsonPath.Text(document.RootElement, profile.UserNamePath ?? profile.IdentityNamePath)
                    )
                )
                : new IdentityAnswer.Unknown("the provider's answer names no user");
        }
        catch (JsonException)
        {
            return new IdentityAnswer.Unknown("the provider answered with something that is not JSON");
        }
    }
}

internal abstract record IdentityAnswer
{
    private IdentityAnswer() { }

    /// <param name="Name">For people; inert.</param>
    public sealed record User(string Id, string? Name) : IdentityAnswer;

    /// <summary>The provider does not accept the token.</summary>
    public sealed record Refused : IdentityAnswer;

    public sealed record Unknown(string Description) : IdentityAnswer;
}
