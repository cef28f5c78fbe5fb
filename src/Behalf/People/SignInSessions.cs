using System.Buffers.Text;
using System.Security.Cryptography;
using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.People;

/// <summary>Browsers that someone is signed in with. The user's epoch and the person are read at every look.</summary>
internal sealed class SignInSessions(
    ISignInSessionStore sessions,
    IPersonStore people,
    IEndUserStore users,
    TimeProvider time
)
{
    private const int TokenBytes = 32;
    private const int TokenLength = 43;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public async Task<SignedIn> BeginAsync(Person person, string by, CancellationToken cancellationToken)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        DateTimeOffset now = time.GetUtcNow();
        SignInSession session = new(
            Digest.Of(token),
            person.Environment,
            person.Identifier,
            await users.EnsureAsync(person.Environment, person.Identifier, cancellationToken),
            now,
            now + Lifetime
        );
        AuditDraft record = new()
        {
            Environment = person.Environment,
            Kind = AuditKind.Admin,
            Action = "person.signed_in",
            Identifier = person.Identifier.Value,
            Principal = by,
            Outcome = CallOutcomes.Success,
        };
        await sessions.AddAsync(session, Traces.Of(record), cancellationToken);
        return new SignedIn(person.Identifier, Secret.FromText(token), session.ExpiresAt);
    }

    public async Task<BrowserUser?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (token is not { Length: TokenLength })
        {
            return null;
        }

        Digest digest = Digest.Of(token);
        SignInSession? session = await sessions.FindAsync(digest, cancellationToken);
        if (session is null || session.ExpiresAt <= time.GetUtcNow())
        {
            return null;
        }

        Person? person = await people.FindAsync(session.Environment, session.Identifier, cancellationToken);
        return
            person is { Enabled: true }
            && await users.FindAsync(session.Environment, session.Identifier, cancellationToken) == session.Epoch
            ? new BrowserUser(
                session.Environment,
                session.Identifier,
                person.Name,
                session.Epoch,
                session.SignedInAt,
                digest
            )
            : null;
    }

    public Task EndAsync(string? token, CancellationToken cancellationToken) =>
        token is { Length: TokenLength }
            ? sessions.RemoveAsync(Digest.Of(token), cancellationToken)
            : Task.CompletedTask;
}
