namespace Behalf.Audit;

internal sealed class AuditUpkeep(AuditRedaction redaction, AuditRetention retention) : IAuditUpkeep
{
    public Task<Result<long>> RedactAsync(
        EnvironmentId environment,
        Identifier person,
        string by,
        CancellationToken cancellationToken
    ) => redaction.RunAsync(environment, person, by, cancellationToken);

    public Task<long> RemoveBeforeAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        CancellationToken cancellationToken
    ) => retention.RunAsync(environment, before, cancellationToken);
}
