using Behalf.Connections;
using Behalf.Identity;
using Behalf.Mcp;
using Behalf.People;
using Behalf.Registration;
using Behalf.Server.Doors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Messages = Behalf.Wire.People;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.People</c>: who signs in here, which MCP clients may ask them, and what their groups may reach.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.Operator)]
internal sealed class PeopleService(
    IPeople people,
    IConnections connections,
    IClientRegistry clients,
    IMcpServers servers,
    AdministeredEnvironment environments,
    PublicUrls urls
) : Messages.People.PeopleBase
{
    public override async Task<Messages.Person> AddPerson(Messages.AddPersonRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        using Secret password = Secret.FromText(request.Password);
        using Secret? totpKey = SecretOrNull(request.TotpKey);
        Person added = (
            await people.AddAsync(
                context.Principal(),
                environment.Id,
                new NewPerson
                {
                    Identifier = ReadName(request.Name, context),
                    Name = request.DisplayName,
                    Groups = request.Groups,
                    Password = password,
                    TotpKey = totpKey,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return ToWire(added);
    }

    public override async Task<Messages.ListPeopleResponse> ListPeople(
        Messages.ListPeopleRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Messages.ListPeopleResponse response = new();
        response.People.AddRange(
            (await people.ListAsync(context.Principal(), environment.Id, context.CancellationToken))
                .OrThrow(context)
                .Select(ToWire)
        );
        return response;
    }

    public override async Task<Messages.Person> UpdatePerson(
        Messages.UpdatePersonRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        using Secret? password = request.HasPassword ? Secret.FromText(request.Password) : null;
        using Secret? totpKey = SecretOrNull(request.TotpKey);
        Person changed = (
            await people.ChangeAsync(
                context.Principal(),
                environment.Id,
                ReadName(request.Name, context),
                new PersonChange
                {
                    Name = request.HasDisplayName ? request.DisplayName : null,
                    Groups = request.Groups.Count > 0 || request.NoGroups ? request.Groups : null,
                    Password = password,
                    Enabled = request.HasEnabled ? request.Enabled : null,
                    TotpKey = totpKey,
                    RemoveTotp = request.RemoveTotp,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return ToWire(changed);
    }

    /// <summary>
    /// Sign-in ends first, so that nothing is connected meanwhile; then the user goes: who is added later under this name must
    /// not find the accounts of the one before. What was interrupted is done by asking again.
    /// </summary>
    public override async Task<Messages.RemovePersonResponse> RemovePerson(
        Messages.RemovePersonRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Identifier name = ReadName(request.Name, context);
        if (context.Principal().Limits.Connections is not null)
        {
            throw context.Refuse(
                Problem.Forbidden(
                    "not_allowed",
                    "A person's accounts go as well: this needs a credential for every connection."
                )
            );
        }

        (
            await people.ChangeAsync(
                context.Principal(),
                environment.Id,
                name,
                new PersonChange { Enabled = false },
                context.CancellationToken
            )
        ).OrThrow(context);
        Result<IReadOnlyList<ConnectedAccount>> removed = await connections.RemoveUserAsync(
            context.Principal(),
            environment.Id,
            name,
            context.CancellationToken
        );
        if (!removed.Succeeded && removed.Problem is { Kind: not ProblemKind.NotFound } problem) // who never signed in is no user
        {
            throw context.Refuse(problem);
        }

        (await people.RemoveAsync(context.Principal(), environment.Id, name, context.CancellationToken)).OrThrow(
            context
        );
        return new Messages.RemovePersonResponse();
    }

    public override async Task<Messages.IdentityProvider> SetIdentityProvider(
        Messages.SetIdentityProviderRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        using Secret? secret = request.ClientSecret.Length == 0 ? null : Secret.FromText(request.ClientSecret);
        IdentityProvider set = (
            await people.SetProviderAsync(
                context.Principal(),
                environment.Id,
                new NewIdentityProvider
                {
                    Issuer = request.Issuer,
                    ClientId = request.ClientId,
                    ClientSecret = secret,
                    Scopes = ScopeSet.Of(request.Scopes),
                    IdentifierClaim = request.IdentifierClaim,
                    GroupsClaim = request.GroupsClaim.Length == 0 ? null : request.GroupsClaim,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return ToWire(set, environment);
    }

    public override async Task<Messages.IdentityProvider> GetIdentityProvider(
        Messages.GetIdentityProviderRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        return await people.FindProviderAsync(environment.Id, context.CancellationToken) is { } provider
            ? ToWire(provider, environment)
            : throw context.Refuse(Problem.NotFound("identity provider"));
    }

    public override async Task<Messages.RemoveIdentityProviderResponse> RemoveIdentityProvider(
        Messages.RemoveIdentityProviderRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (await people.RemoveProviderAsync(context.Principal(), environment.Id, context.CancellationToken)).OrThrow(
            context
        );
        return new Messages.RemoveIdentityProviderResponse();
    }

    public override async Task<Messages.McpClientWithSecret> AddMcpClient(
        Messages.AddMcpClientRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        NewOAuthClient added = (
            await clients.AddAsync(
                context.Principal(),
                environment.Id,
                request.Name,
                request.RedirectUris,
                request.WithSecret,
                context.CancellationToken
            )
        ).OrThrow(context);
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        using Secret? secret = added.Secret;
        return new Messages.McpClientWithSecret
        {
            Client = ToWire(added.Client),
            ClientSecret = secret?.RevealText() ?? string.Empty,
        };
    }

    public override async Task<Messages.ListMcpClientsResponse> ListMcpClients(
        Messages.ListMcpClientsRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Messages.ListMcpClientsResponse response = new();
        response.Clients.AddRange(
            (await clients.ListAsync(context.Principal(), environment.Id, context.CancellationToken))
                .OrThrow(context)
                .Select(ToWire)
        );
        return response;
    }

    public override async Task<Messages.RemoveMcpClientResponse> RemoveMcpClient(
        Messages.RemoveMcpClientRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await clients.RemoveAsync(context.Principal(), environment.Id, request.ClientId, context.CancellationToken)
        ).OrThrow(context);
        return new Messages.RemoveMcpClientResponse();
    }

    public override async Task<Messages.GroupRule> SetGroupRule(
        Messages.SetGroupRuleRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        GroupRule set = (
            await servers.SetRuleAsync(
                context.Principal(),
                environment.Id,
                request.Group,
                ReadConnection(request.Connection, context),
                request.Tools,
                context.CancellationToken
            )
        ).OrThrow(context);
        return ToWire(set);
    }

    public override async Task<Messages.ListGroupRulesResponse> ListGroupRules(
        Messages.ListGroupRulesRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Messages.ListGroupRulesResponse response = new();
        response.Rules.AddRange(
            (await servers.ListRulesAsync(context.Principal(), environment.Id, context.CancellationToken))
                .OrThrow(context)
                .Select(ToWire)
        );
        return response;
    }

    public override async Task<Messages.RemoveGroupRuleResponse> RemoveGroupRule(
        Messages.RemoveGroupRuleRequest request,
        ServerCallContext context
    )
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await servers.RemoveRuleAsync(
                context.Principal(),
                environment.Id,
                request.Group,
                ReadConnection(request.Connection, context),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new Messages.RemoveGroupRuleResponse();
    }

    private static Identifier ReadName(string name, ServerCallContext context) =>
        Identifier.TryParse(name, out Identifier identifier, out string? problem)
            ? identifier
            : throw context.Refuse(Problem.Invalid("name", "identifier", problem));

    private static ConnectionName ReadConnection(string name, ServerCallContext context) =>
        ConnectionName.TryParse(name, out ConnectionName parsed, out _)
            ? parsed
            : throw context.Refuse(Problem.NotFound("connection"));

    private static Secret? SecretOrNull(Google.Protobuf.ByteString bytes) =>
        bytes.IsEmpty ? null : Secret.Own(bytes.ToByteArray());

    private static Messages.Person ToWire(Person person)
    {
        Messages.Person wire = new()
        {
            Name = person.Identifier.Value,
            DisplayName = person.Name,
            Issuer = person.Issuer ?? string.Empty,
            OneTimePassword = person.TotpSealed is not null,
            Enabled = person.Enabled,
            CreatedAt = person.CreatedAt.ToTimestamp(),
        };
        wire.Groups.AddRange(person.Groups);
        return wire;
    }

    private Messages.IdentityProvider ToWire(IdentityProvider provider, DeploymentEnvironment environment)
    {
        Messages.IdentityProvider wire = new()
        {
            Issuer = provider.Issuer,
            ClientId = provider.ClientId,
            IdentifierClaim = provider.IdentifierClaim,
            GroupsClaim = provider.GroupsClaim ?? string.Empty,
            RedirectUri = urls.SignInCallback(environment).AbsoluteUri,
        };
        wire.Scopes.AddRange(provider.Scopes.Values);
        return wire;
    }

    private static Messages.McpClient ToWire(OAuthClient client)
    {
        Messages.McpClient wire = new()
        {
            ClientId = client.ClientId,
            Name = client.Name,
            Kind = client.Kind.ToString().ToLowerInvariant(),
            CreatedAt = client.CreatedAt.ToTimestamp(),
            UsedAt = client.UsedAt?.ToTimestamp(),
        };
        wire.RedirectUris.AddRange(client.RedirectUris);
        return wire;
    }

    private static Messages.GroupRule ToWire(GroupRule rule)
    {
        Messages.GroupRule wire = new() { Group = rule.Group, Connection = rule.ConnectionName.Value };
        wire.Tools.AddRange(rule.Tools);
        return wire;
    }
}
