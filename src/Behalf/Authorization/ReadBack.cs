using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>
/// Hands a user's tokens to a service credential, where the operator turned that on for the environment. The record is
/// committed before the vault opens anything: what is not recorded is not read.
/// </summary>
internal sealed class ReadBack(
    IAccountStore accounts,
    FlowContexts contexts,
    TokenRefresher refresher,
    IAudit audit,
    IVault vault
)
{
    public async Task<Result<ReadBackTokens>> RunAsync(
        Principal principal,
        ConnectedAccount account,
        string actingThrough,
        CancellationToken cancellationToken
    )
    {
        if (
            principal.Kind != PrincipalKind.ServiceClient
            || !principal.Covers(account)
            || account.State != AccountState.Active
            || await contexts.FindAsync(account.Environment, account.Connection, cancellationToken)
                is not { Environment.ReadBack: true } context
        )
        {
            return ReadBackTokens.None;
        }

        AuditDraft record = account.Record("account.tokens_read", principal.ClientId, CallOutcomes.Success) with
        {
            ActingThrough = actingThrough,
            Decision = "allow",
        };
        Result<Done> recorded = await audit.RecordAsync(record, cancellationToken);
        if (!recorded.Succeeded)
        {
            return recorded.Problem;
        }

        SealedCredential? stored = await accounts.FindCredentialAsync(
            account.Environment,
            account.Id,
            cancellationToken
        );
        if (stored is null)
        {
            return ReadBackTokens.None;
        }

        FreshCredential fresh = await refresher.FreshenAsync(
            stored,
            context.Connection,
            FreshenReason.BeforeUse,
            cancellationToken
        );
        return fresh switch
        {
            FreshCredential.Usable { Credential: var credential } => Open(credential, context),
            FreshCredential.Later => Open(stored, context),
            _ => ReadBackTokens.None,
        };
    }

    private Result<ReadBackTokens> Open(SealedCredential credential, FlowContext context)
    {
        try
        {
            if (context.Profile.IsUsed)
            {
                return new ReadBackTokens(
                    vault.OpenAccess(credential),
                    vault.OpenRefresh(credential),
                    credential.AccessExpiresAt
                );
            }

            using Secret typed = vault.OpenAccess(credential);
            return ReadBackTokens.None with { Fields = TypedCredential.FieldsOf(context.Auth, typed) };
        }
        catch (SealBrokenException)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                AccountReasons.CredentialUnreadable,
                "The stored credential cannot be opened; the user has to connect again."
            );
        }
    }
}
