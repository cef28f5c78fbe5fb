using System.Security.Cryptography;
using Behalf.Identity;
using Microsoft.IdentityModel.Tokens;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Behalf.Server.AuthorizationServer;

/// <summary>OpenIddict, set up for exactly what we offer; what clients and tokens are is ours to say (ADR 24).</summary>
internal static class ProtocolEngine
{
    private static readonly TimeSpan AccessLifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan PushedLifetime = TimeSpan.FromMinutes(5);

    public static IServiceCollection AddProtocolEngine(this IServiceCollection services)
    {
        services
            .AddOpenIddict()
            .AddServer(server =>
            {
                // Relative to the issuer, which RequestIssuer sets for each request.
                server
                    .SetAuthorizationEndpointUris("authorize")
                    .SetTokenEndpointUris("access_token")
                    .SetPushedAuthorizationEndpointUris("par")
                    .SetRevocationEndpointUris("revoke");
                server.AllowAuthorizationCodeFlow().AllowRefreshTokenFlow();
                server.RequireProofKeyForCodeExchange();
                server.SetAccessTokenLifetime(AccessLifetime);
                server.DisableScopeValidation().DisableResourceValidation();
                server.EnableDegradedMode();
                server.Configure(options =>
                {
                    options.RequestTokenLifetime = PushedLifetime;
                    options.ConfigurationEndpointUris.Clear(); // ServerMetadata says more, at more places
                    options.JsonWebKeySetEndpointUris.Clear();
                    options.CodeChallengeMethods.Clear();
                    options.CodeChallengeMethods.Add(CodeChallengeMethods.Sha256);
                    options.ResponseModes.Clear();
                    options.ResponseModes.Add(ResponseModes.Query);
                });
                // The engine does not start without keys; every token is made and read by OwnTokens, so none is used.
                server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
                server.AddSigningKey(new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)));
                AddHandlers(server);
                server
                    .UseAspNetCore()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableErrorPassthrough()
                    .DisableTransportSecurityRequirement(); // cleartext is on loopback only; Listener sees to that
            });
        return services;
    }

    /// <summary>Only the protocol's own paths pass the engine: it would look at every request otherwise.</summary>
    public static void UseProtocolEngine(this IApplicationBuilder app)
    {
        // The host would put authentication in front of everything by itself, since it is registered.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.UseWhen(
            http => ServerPaths.IsProtocol(http.Request.Path),
            branch =>
            {
                branch.Use(
                    async (http, next) =>
                    {
                        AskedEnvironments environments = http.RequestServices.GetRequiredService<AskedEnvironments>();
                        DeploymentEnvironment environment = await environments.OfAsync(http);
                        http.Features.Set(new ProtocolContext(environment));
                        http.Response.Headers.CacheControl = "no-store";
                        await next(http);
                    }
                );
                branch.UseAuthentication();
            }
        );
    }

    private static void AddHandlers(OpenIddictServerBuilder server)
    {
        server.AddEventHandler(RequestIssuer.Descriptor);
        server.AddEventHandler(RequestErrors.Descriptor);
        server.AddEventHandler(AskingClient.OfAuthorization);
        server.AddEventHandler(AskingClient.OfPushed);
        server.AddEventHandler(AskingClient.OfToken);
        server.AddEventHandler(AskingClient.OfRevocation);
        server.AddEventHandler(OwnTokens.Reading);
        server.AddEventHandler(OwnTokens.Making);
        server.AddEventHandler(GrantExchange.Descriptor);
        server.AddEventHandler(GrantRevocation.Descriptor);
    }
}
