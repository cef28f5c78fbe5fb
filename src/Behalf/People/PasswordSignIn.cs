using Behalf.Audit;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.People;

/// <summary>
/// Sign-in by password. Every reason for a refusal is told alike and takes as long; a source that goes on guessing at a
/// name is no longer heard for it, while the owner elsewhere is untouched.
/// </summary>
internal sealed class PasswordSignIn(
    IPersonStore people,
    SignInSessions sessions,
    PasswordHash hashes,
    GuessThrottle throttle,
    IVault vault,
    IAudit audit,
    TimeProvider time
)
{
    private const int MostPassword = 256;

    private static readonly Problem Wrong = new(
        ProblemKind.Unauthenticated,
        "wrong_sign_in",
        "The name, the password or the one-time code is not right."
    );

    private static readonly Problem Busy = new(
        ProblemKind.Unavailable,
        "sign_in_busy",
        "Too many people sign in at this moment. Try again in a few seconds."
    )
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public async Task<Result<SignedIn>> SignInAsync(
        EnvironmentId environment,
        string name,
        Secret password,
        string? oneTimePassword,
        string source,
        CancellationToken cancellationToken
    )
    {
        string guessed = $"{environment}:{name}";
        if (throttle.Refuses(source, guessed) is { } wait)
        {
            return TooMany(wait);
        }

        if (hashes.IsBusy)
        {
            return Busy;
        }

        Person? person =
            Identifier.TryParse(name, out Identifier identifier, out _) && password.Length <= MostPassword * 4
                ? await people.FindAsync(environment, identifier, cancellationToken)
                : null;
        bool matches = await hashes.MatchesAsync(password, person?.PasswordHash, cancellationToken);
        if (
            matches
            && person is { Enabled: true }
            && await HasOneTimePasswordAsync(person, oneTimePassword, cancellationToken)
        )
        {
            return await sessions.BeginAsync(person, "password", cancellationToken);
        }

        await DenyAsync(environment, person, source, cancellationToken);
        return throttle.Failed(source, guessed) is { } later ? TooMany(later) : Wrong;
    }

    private async Task<bool> HasOneTimePasswordAsync(
        Person person,
        string? oneTimePassword,
        CancellationToken cancellationToken
    )
    {
        if (person.TotpSealed is not { } sealedKey)
        {
            return true;
        }

        using Secret key = vault.Open(PersonSeals.TotpKey(person.Environment, person.Identifier), sealedKey);
        return OneTimePassword.StepOf(key, oneTimePassword, time.GetUtcNow()) is { } step
            && await people.TakeTotpStepAsync(person.Environment, person.Identifier, step, cancellationToken);
    }

    /// <summary>What was typed as a name may be a password in the wrong field: only known names are recorded.</summary>
    private Task DenyAsync(
        EnvironmentId environment,
        Person? person,
        string source,
        CancellationToken cancellationToken
    ) =>
        audit.DenyAsync(
            new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Denial,
                Action = "person.sign_in",
                Identifier = person?.Identifier.Value,
                Principal = "password",
                Decision = "deny",
                Outcome = Wrong.Code,
                Detail = $"from {source}",
            },
            cancellationToken
        );

    private static Problem TooMany(TimeSpan wait) =>
        new(ProblemKind.RateLimited, "too_many_attempts", "Too many wrong passwords from here. Wait and try again.")
        {
            RetryAfter = wait,
        };
}
