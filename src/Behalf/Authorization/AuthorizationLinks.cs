using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>Makes authorization links.</summary>
internal sealed partial class AuthorizationLinks(
    IFlowStore flows,
    IAccountStore accounts,
    IConnectionStore connections,
    IEnvironmentStore environments,
    PublicUrls urls,
    ILimits limits,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<AuthorizationLinks> logger
)
{
    /// <value>In characters.</value>
    private const int MaxAppState = 512;

    public async Task<Result<AuthorizationLink>> CreateAsync(
        ActingSubject subject,
        LinkRequest request,
        CancellationToken cancellationToken
    )
    {
        if (Check(subject, request) is { } problem)
        {
            return problem;
        }

        DeploymentEnvironment environment =
            await environments.FindAsync(subject.Environment, cancellationToken)
            ?? throw new InvalidOperationException($"Environment {subject.Environment} of an acting subject is gone.");
        Connection? connection = await connections.FindByNameAsync(
            subject.Environment,
            request.Connection,
            cancellationToken
        );
        if (connection is null || !subject.Principal.Limits.AllowsConnection(request.Connection.Value))
        {
            return Problem.NotFound("connection");
        }

        if (Unusable(connection) is { } unusable)
        {
            return unusable;
        }

        if (subject.Principal.Kind == PrincipalKind.ServiceClient)
        {
            return await AddAsync(subject, request, environment, connection, cancellationToken);
        }

        // An application may make as many as it has users; whoever asks again and again for one user may not.
        Result<IDisposable> place = limits.EnterLink(subject);
        if (!place.Succeeded)
        {
            return place.Problem;
        }

        using IDisposable held = place.Value;
        return await AddAsync(subject, request, environment, connection, cancellationToken);
    }

    private Problem? Check(ActingSubject subject, LinkRequest request)
    {
        if (request.AppState is { Length: > MaxAppState })
        {
            return Problem.Invalid("state", "max_len", $"is longer than {MaxAppState} characters");
        }

        if (request.VerifyUrl is not { } url)
        {
            return null;
        }

        if (subject.Principal.Kind != PrincipalKind.ServiceClient)
        {
            return Problem.Forbidden(
                "verify_url_not_allowed",
                "Only a service credential may name a verify URL; leave it out or ask the application for a link."
            );
        }

        return VerifyUrl.TryAccept(url, options.Value.VerifyUrls, out string? fault)
            ? null
            : Problem.Invalid("user_verify_url", "verify_url", fault);
    }

    private static Problem? Unusable(Connection connection)
    {
        if (!connection.Enabled)
        {
            return Precondition("connection_disabled", $"Connection {connection.Name} is disabled.");
        }

        if (connection is { Kind: Connectors.CredentialKind.OAuth, ClientId: null })
        {
            return Precondition("connection_without_client", $"Connection {connection.Name} has no OAuth client.");
        }

        return null;
    }

    private async Task<Result<AuthorizationLink>> AddAsync(
        ActingSubject subject,
        LinkRequest request,
        DeploymentEnvironment environment,
        Connection connection,
        CancellationToken cancellationToken
    )
    {
        ConnectedAccount account =
            await accounts.FindAsync(subject.Environment, connection.Id, subject.Identifier, cancellationToken)
            ?? (await accounts.EnsureAsync(subject, connection.Id, request.Labels, cancellationToken)).Account;
        string token = RandomToken.New();
        DateTimeOffset now = time.GetUtcNow();
        // Whose client the person's own is, no application is there to confirm: the person signs in here.
        VerifyMode mode = subject.Principal.Kind == PrincipalKind.Person ? VerifyMode.Hosted : environment.VerifyMode;
        var flow = new AuthorizationFlow
        {
            Environment = subject.Environment,
            Id = EntityId.New<FlowId>(time),
            Connection = connection.Id,
            Account = account.Id,
            Identifier = subject.Identifier,
            Step = FlowStep.LinkCreated,
            Mode = mode,
            Link = Digest.Of(token),
            VerifyUrl = mode == VerifyMode.Hosted ? null : request.VerifyUrl ?? environment.DefaultVerifyUrl,
            AppState = request.AppState,
            RedirectUri = urls.RedirectUri(environment, connection.Id).AbsoluteUri,
            Scopes = connection.Scopes,
            AllowOtherProviderUser = request.AllowOtherProviderUser,
            ConnectionVersion = connection.RowVersion,
            CreatedBy = subject.Principal.ClientId,
            ExpiresAt = now + options.Value.LinkLifetime,
            CreatedAt = now,
        };
        AuditDraft record = flow.Record(connection.Name, "link.created");
        EventDraft generated = flow.Event(connection.Name, EventTypes.LinkGenerated, account.State);
        await flows.AddAsync(flow, Traces.Of(record).With(generated), cancellationToken);
        if (flow.Mode == VerifyMode.None)
        {
            Log.NobodyConfirms(logger, environment.Slug, flow.Id);
        }

        Milestone.Reached(Milestone.LinkCreated, flow.Id.ToString());
        return new AuthorizationLink(urls.Link(environment, token), flow.ExpiresAt, account.Id);
    }

    private static Problem Precondition(string code, string message) =>
        new(ProblemKind.FailedPrecondition, code, message);

    private static partial class Log
    {
        [LoggerMessage(
            2121,
            LogLevel.Warning,
            "In environment {Environment} nobody confirms who connects, whoever opens the link of {Flow} does: for development only"
        )]
        public static partial void NobodyConfirms(ILogger logger, string environment, FlowId flow);
    }
}
