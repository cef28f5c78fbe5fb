using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>Settings of an account as requests carry them.</summary>
internal static class AccountWriting
{
    private const string OtherProviderUserHeader = "behalf-allow-other-provider-user";

    public static Metadata Headers(AccountSettings settings) =>
        settings.AllowOtherProviderUser ? new Metadata { { OtherProviderUserHeader, "true" } } : [];

    /// <exception cref="ArgumentException">It holds a number that cannot be sent exactly.</exception>
    public static Struct? Config(JsonObject? config)
    {
        if (config is null)
        {
            return null;
        }
        var (value, problem) = StructJson.ToStruct(config);
        return problem is null ? value : throw new ArgumentException(problem, nameof(config));
    }

    public static AuthorizationDetails? Details(AccountCredential? credential) =>
        credential switch
        {
            null => null,
            AccountCredential.Tokens tokens => new AuthorizationDetails { OauthToken = Token(tokens) },
            AccountCredential.Fields fields => new AuthorizationDetails
            {
                StaticAuth = new StaticAuth { Details = Typed(fields) },
            },
            _ => throw new ArgumentException($"Unknown credential {credential.GetType().Name}.", nameof(credential)),
        };

    private static OauthToken Token(AccountCredential.Tokens tokens)
    {
        var token = new OauthToken
        {
            AccessToken = tokens.AccessToken.Reveal(),
            RefreshToken = tokens.RefreshToken?.Reveal() ?? "",
        };
        token.Scopes.Add(tokens.Scopes);
        return token;
    }

    private static Struct Typed(AccountCredential.Fields fields)
    {
        var details = new Struct();
        foreach (var (name, value) in fields.Values)
        {
            details.Fields[name] = Value.ForString(value.Reveal());
        }
        return details;
    }
}
