using Behalf.Audit;

namespace Behalf.Storage;

/// <summary>What is done to the rows of a database that was put back: the same statements on either database.</summary>
internal static class RestoredRows
{
    /// <summary>
    /// Status 2 is active, attempt state 5 an unknown outcome: the old access token is used while it lives, then the refresh
    /// token is tried once, and a refusal says why.
    /// </summary>
    public const string FlagAccounts = """
        INSERT INTO refresh_state (environment_id, account_id, fence, attempt_generation, attempt_state)
        SELECT a.environment_id, a.id, 1, a.generation, 5
        FROM account a
        JOIN credential c
          ON c.environment_id = a.environment_id AND c.account_id = a.id AND c.generation = a.generation
        WHERE a.status = 2 AND a.deleted_at IS NULL AND c.refresh_sealed IS NOT NULL
        ON CONFLICT (environment_id, account_id) DO UPDATE
        SET fence = refresh_state.fence + 1, owner = NULL, lease_until = NULL, not_before = NULL,
          attempt_generation = excluded.attempt_generation, attempt_state = excluded.attempt_state, attempt_at = NULL
        """;

    /// <summary>By more than anyone signs out in between: tokens of the time that is lost shall not count again.</summary>
    public const string EndUsersTokens = "UPDATE end_user SET epoch = epoch + 1000000 WHERE deleted_at IS NULL";

    /// <inheritdoc cref="EndUsersTokens" />
    public const string EndClientsTokens = "UPDATE api_client SET epoch = epoch + 1000000";

    public static AuditDraft Record(EnvironmentId environment, Guid restoration) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = "database.restored",
            Principal = "operator",
            Outcome = CallOutcomes.Success,
            Detail = $"restoration {restoration:D}",
        };
}
