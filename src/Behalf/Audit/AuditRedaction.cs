using System.Text;
using Behalf.Vault;

namespace Behalf.Audit;

/// <summary>Deletes what the trail says of a person; see <see cref="IAuditUpkeep.RedactAsync"/>.</summary>
internal sealed class AuditRedaction(IAudit audit, IAuditUpkeepStore store, IVault vault)
{
    private const int Bundle = 500;
    private const string Purpose = "audit-redaction";

    /// <summary>Records that can name a person besides the one they are about, which they do in quotation marks.</summary>
    private static readonly AuditKind[] s_telling = [AuditKind.Denial, AuditKind.Admin];

    public async Task<Result<long>> RunAsync(
        EnvironmentId environment,
        Identifier person,
        string by,
        CancellationToken cancellationToken
    )
    {
        Result<Done> recorded = await audit.RecordAsync(
            new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Admin,
                Action = "audit.redacted",
                Principal = by,
                // Whoever asks whether this person was redacted can be answered; nobody learns the name from it.
                ArgumentDigest = Convert.ToHexStringLower(
                    vault.Mac(Purpose, Encoding.UTF8.GetBytes($"{environment.Value:N}{person.Value}"))
                ),
                Outcome = CallOutcomes.Success,
            },
            cancellationToken
        );
        if (!recorded.Succeeded)
        {
            return recorded.Problem;
        }

        long redacted = 0;
        int now;
        do
        {
            now = await store.RedactAsync(environment, person.Value, Bundle, cancellationToken);
            redacted += now;
        } while (now == Bundle);

        foreach (AuditKind kind in s_telling)
        {
            redacted += await RedactMentionsAsync(environment, person, kind, cancellationToken);
        }

        await store.RedactLogsAsync(environment, person.Value, cancellationToken);
        return redacted;
    }

    private async Task<long> RedactMentionsAsync(
        EnvironmentId environment,
        Identifier person,
        AuditKind kind,
        CancellationToken cancellationToken
    )
    {
        long redacted = 0;
        string name = $"\"{person.Value}\"";
        Guid? after = null;
        do
        {
            Page<AuditRecord> page = await audit.ListAsync(
                new AuditFilter(environment, Kind: kind),
                new PageRequest(Bundle, After: after),
                cancellationToken
            );
            (string, long)[] naming =
            [
                .. page
                    .Items.Where(record => record.Draft.Detail?.Contains(name, StringComparison.Ordinal) == true)
                    .Select(record => (record.Lane, record.Sequence)),
            ];
            if (naming.Length > 0)
            {
                redacted += await store.RedactAsync(environment, naming, cancellationToken);
            }

            after = page.Next;
        } while (after is not null);

        return redacted;
    }
}
