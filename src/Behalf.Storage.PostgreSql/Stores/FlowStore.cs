using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class FlowStore(PostgreSqlDatabase database) : IFlowStore
{
    private static readonly string Abandoned = $"""
        {FlowRow.Select}
        WHERE step = 4
          AND (expires_at <= behalf_now() OR (exchange_owner <> @process AND NOT {NodeName.Lives("exchange_owner")}))
        """;

    public Task AddAsync(AuthorizationFlow flow, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    """
                    INSERT INTO authorization_flow
                      (environment_id, id, connection_id, account_id, identifier, step, mode, link_digest, state_digest,
                       browser_digest, auth_request_digest, verify_url, app_state, verifier_sealed, code_sealed, issuer,
                       redirect_uri, scopes, allow_other_provider_user, connection_version, created_by, outcome,
                       mismatched_identifier, exchange_owner, expires_at, created_at)
                    VALUES
                      (@environment, @id, @connection, @account, @identifier, @step, @mode, @link, @state,
                       @browser, @authRequest, @verifyUrl, @appState, @verifier, @code, @issuer,
                       @redirectUri, @scopes, @allowOther, @connectionVersion, @createdBy, @outcome,
                       @mismatched, @exchangeOwner, @expiresAt, @createdAt)
                    """,
                    FlowRow.Values(flow, flow.Step, OwnerOf(context, flow))
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<AuthorizationFlow?> FindByLinkAsync(Digest link, CancellationToken cancellationToken) =>
        FindAsync("link_digest = @digest", new { digest = link.Hex }, cancellationToken);

    public Task<AuthorizationFlow?> FindByStateAsync(Digest state, CancellationToken cancellationToken) =>
        FindAsync("state_digest = @digest", new { digest = state.Hex }, cancellationToken);

    public Task<AuthorizationFlow?> FindByAuthRequestAsync(Digest authRequest, CancellationToken cancellationToken) =>
        FindAsync("auth_request_digest = @digest", new { digest = authRequest.Hex }, cancellationToken);

    public Task<AuthorizationFlow?> FindAsync(
        EnvironmentId environment,
        FlowId id,
        CancellationToken cancellationToken
    ) =>
        FindAsync(
            "environment_id = @environment AND id = @id",
            new { environment = environment.ToColumn(), id = id.ToColumn() },
            cancellationToken
        );

    public Task<bool> AdvanceAsync(
        AuthorizationFlow changed,
        FlowStep from,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (changed.Step < from || from >= FlowStep.Succeeded)
        {
            throw new ArgumentException($"A flow does not go from {from} to {changed.Step}.", nameof(changed));
        }

        return database.WriteAsync(
            async context =>
            {
                // 6 = failed: what has expired can still be ended with its reason.
                bool advanced = await context.ExecuteOneAsync(
                    """
                    UPDATE authorization_flow
                    SET step = @step, state_digest = @state, browser_digest = @browser,
                      auth_request_digest = @authRequest, verify_url = @verifyUrl, app_state = @appState,
                      verifier_sealed = @verifier, code_sealed = @code, issuer = @issuer, outcome = @outcome,
                      mismatched_identifier = @mismatched, exchange_owner = @exchangeOwner, expires_at = @expiresAt
                    WHERE environment_id = @environment AND id = @id AND step = @from
                      AND (expires_at > behalf_now() OR @step = 6)
                    """,
                    FlowRow.Values(changed, from, OwnerOf(context, changed))
                );
                if (advanced)
                {
                    context.Leave(traces);
                }

                return advanced;
            },
            cancellationToken
        );
    }

    public Task<bool> SucceedAsync(
        AuthorizationFlow flow,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    ) => database.WriteAsync(context => FlowSuccess.RunAsync(context, flow, credential, traces), cancellationToken);

    public Task<IReadOnlyList<AuthorizationFlow>> ExpireAsync(
        int limit,
        Func<AuthorizationFlow, Traces> traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync<IReadOnlyList<AuthorizationFlow>>(
            async context =>
            {
                // Several nodes may do this at once: each takes what no other one has taken.
                AuthorizationFlow[] expired =
                [
                    .. (
                        await context.QueryAsync<FlowRow>(
                            $"""
                            {FlowRow.Select} WHERE step < 4 AND expires_at <= behalf_now()
                            ORDER BY expires_at LIMIT @limit FOR UPDATE SKIP LOCKED
                            """,
                            new { limit }
                        )
                    ).Select(row => Failed(row.ToFlow())),
                ];
                foreach (AuthorizationFlow flow in expired)
                {
                    await context.ExecuteAsync(
                        """
                        UPDATE authorization_flow
                        SET step = 6, outcome = @outcome, code_sealed = NULL, verifier_sealed = NULL
                        WHERE environment_id = @environment AND id = @id
                        """,
                        new
                        {
                            environment = flow.Environment.ToColumn(),
                            id = flow.Id.ToColumn(),
                            outcome = flow.Outcome,
                        }
                    );
                    context.Leave(traces(flow));
                }

                return expired;
            },
            cancellationToken
        );

    public Task<IReadOnlyList<AuthorizationFlow>> AbandonedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuthorizationFlow>>(
            async session =>
                [
                    .. (
                        await session.QueryAsync<FlowRow>(
                            Abandoned,
                            new { process = database.Process, deadAfter = database.DeadAfter }
                        )
                    ).Select(row => row.ToFlow()),
                ],
            cancellationToken
        );

    private Task<AuthorizationFlow?> FindAsync(string where, object values, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session => (await session.FindAsync<FlowRow>($"{FlowRow.Select} WHERE {where}", values))?.ToFlow(),
            cancellationToken
        );

    /// <summary>So that an exchange whose process died is known by it.</summary>
    private static string? OwnerOf(WriteContext context, AuthorizationFlow flow) =>
        flow.Step == FlowStep.Exchanging ? context.Process : null;

    private static AuthorizationFlow Failed(AuthorizationFlow flow) =>
        flow with
        {
            Step = FlowStep.Failed,
            Outcome =
                flow.Step == FlowStep.AwaitingVerification
                    ? AccountReasons.NeverVerified
                    : AccountReasons.NeverConnected,
            CodeSealed = null,
            VerifierSealed = null,
        };
}
