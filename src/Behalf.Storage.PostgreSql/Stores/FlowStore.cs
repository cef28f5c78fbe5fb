using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class FlowStore(PostgreSqlDatabase database) : IFlowStore
{
    private const string Expired = "WHERE step < 4 AND expires_at <= behalf_now() ORDER BY expires_at LIMIT @limit";

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
        if (changed.Step < from || changed.Step >= FlowStep.Succeeded)
        {
            throw new ArgumentException($"A flow does not go from {from} to {changed.Step}.", nameof(changed));
        }

        return database.WriteAsync(
            async context =>
            {
                bool advanced = await context.ExecuteOneAsync(
                    """
                    UPDATE authorization_flow
                    SET step = @step, state_digest = @state, browser_digest = @browser,
                      auth_request_digest = @authRequest, verify_url = @verifyUrl, app_state = @appState,
                      verifier_sealed = @verifier, code_sealed = @code, issuer = @issuer, outcome = @outcome,
                      mismatched_identifier = @mismatched, exchange_owner = @exchangeOwner, expires_at = @expiresAt
                    WHERE environment_id = @environment AND id = @id AND step = @from
                      AND expires_at > behalf_now()
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

    public Task<bool> FailAsync(
        AuthorizationFlow ended,
        FlowStep from,
        PendingReason? pending,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (ended.Step != FlowStep.Failed || from >= FlowStep.Succeeded)
        {
            throw new ArgumentException($"A flow does not fail from {from} to {ended.Step}.", nameof(ended));
        }

        return database.WriteAsync(
            async context =>
            {
                // The account before its flow, as everywhere; a flow that moved meanwhile takes the account's change with it.
                bool explained =
                    pending is { Account: var account }
                    && await CredentialChange.MarkAsync(
                        context,
                        account.Environment,
                        account.Id,
                        account.Generation,
                        CredentialStatus.None,
                        pending.Reason
                    );
                if (
                    !await context.ExecuteOneAsync(
                        """
                        UPDATE authorization_flow
                        SET step = 6, code_sealed = NULL, verifier_sealed = NULL, exchange_owner = NULL, issuer = @issuer,
                          outcome = @outcome, mismatched_identifier = @mismatched
                        WHERE environment_id = @environment AND id = @id AND step = @from
                        """,
                        FlowRow.Values(ended, from, null)
                    )
                )
                {
                    context.Undo();
                    return false;
                }

                context.Leave(explained ? traces.With(pending!.Event) : traces);
                return true;
            },
            cancellationToken
        );
    }

    public Task<IReadOnlyList<AuthorizationFlow>> ExpiredAsync(int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuthorizationFlow>>(
            async session =>
                [
                    .. (await session.QueryAsync<FlowRow>($"{FlowRow.Select} {Expired}", new { limit })).Select(row =>
                        row.ToFlow()
                    ),
                ],
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
}
