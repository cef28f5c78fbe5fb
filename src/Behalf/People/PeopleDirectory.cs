using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.People;

/// <summary>The people of an environment: added, changed and removed.</summary>
internal sealed class PeopleDirectory(
    IPersonStore people,
    IEndUserStore users,
    PasswordHash hashes,
    IVault vault,
    TimeProvider time
)
{
    /// <value>In characters; length is what makes a password strong (NIST SP 800-63B §3.1.1).</value>
    public const int LeastPassword = 12;

    private const int MostPassword = 256;
    private const int LeastTotpKey = 16;
    private const int MaxName = 200;
    private const int MaxGroups = 100;
    private const int MaxListed = 10_000;
    private const int MaxTries = 5;

    public async Task<Result<Person>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewPerson wanted,
        CancellationToken cancellationToken
    )
    {
        Problem? problem =
            Managed.Refuse(principal, environment)
            ?? WrongPassword(wanted.Password)
            ?? WrongTotp(wanted.TotpKey)
            ?? WrongNames(wanted.Name, wanted.Groups);
        if (problem is not null)
        {
            return problem;
        }

        Person person = new()
        {
            Environment = environment,
            Identifier = wanted.Identifier,
            Name = wanted.Name.Length == 0 ? wanted.Identifier.Value : wanted.Name,
            Groups = wanted.Groups,
            PasswordHash = await hashes.MakeAsync(wanted.Password, cancellationToken),
            TotpSealed = wanted.TotpKey is { } key
                ? vault.Seal(PersonSeals.TotpKey(environment, wanted.Identifier), key)
                : null,
            Enabled = true,
            CreatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };
        Traces traces = Managed.Record(environment, "person.added", principal, person.Identifier);
        return await people.AddAsync(person, traces, cancellationToken)
            ? person
            : new Problem(ProblemKind.AlreadyExists, "person_exists", $"{wanted.Identifier} can sign in already.");
    }

    public async Task<Result<IReadOnlyList<Person>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        Managed.Refuse(principal, environment) is { } problem
            ? problem
            : (await people.ListAsync(environment, MaxListed, cancellationToken)).ToList();

    public async Task<Result<Person>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        PersonChange change,
        CancellationToken cancellationToken
    )
    {
        Problem? problem =
            Managed.Refuse(principal, environment)
            ?? (change.Password is { } password ? WrongPassword(password) : null)
            ?? WrongTotp(change.TotpKey)
            ?? WrongNames(change.Name ?? "", change.Groups ?? []);
        if (problem is not null)
        {
            return problem;
        }

        string? hash = change.Password is { } chosen ? await hashes.MakeAsync(chosen, cancellationToken) : null;
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await people.FindAsync(environment, identifier, cancellationToken) is not { } person)
            {
                return Problem.NotFound("person");
            }

            if (person.Issuer is not null && (hash is not null || change.TotpKey is not null))
            {
                return new Problem(
                    ProblemKind.FailedPrecondition,
                    "federated_person",
                    $"{identifier} signs in at {person.Issuer} and has no password here."
                );
            }

            Person changed = person with
            {
                Name = change.Name ?? person.Name,
                Groups = change.Groups ?? person.Groups,
                PasswordHash = hash ?? person.PasswordHash,
                Enabled = change.Enabled ?? person.Enabled,
                TotpSealed =
                    change.RemoveTotp ? null
                    : change.TotpKey is { } key ? vault.Seal(PersonSeals.TotpKey(environment, identifier), key)
                    : person.TotpSealed,
            };
            Traces traces = Managed.Record(environment, "person.changed", principal, identifier, DetailOf(change));
            if (await people.ChangeAsync(changed, traces, cancellationToken))
            {
                if (hash is not null || change.Enabled == false)
                {
                    await EndSessionsAsync(principal, environment, identifier, cancellationToken);
                }

                return changed with
                {
                    RowVersion = changed.RowVersion + 1,
                };
            }
        }

        return new Problem(ProblemKind.Unavailable, "person_busy", "The person keeps changing; try again.");
    }

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        if (Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        Traces traces = Managed.Record(environment, "person.removed", principal, identifier);
        if (!await people.RemoveAsync(environment, identifier, traces, cancellationToken))
        {
            return Problem.NotFound("person");
        }

        await EndSessionsAsync(principal, environment, identifier, cancellationToken);
        return Done.Value;
    }

    private Task<bool> EndSessionsAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        users.BumpEpochAsync(
            environment,
            identifier,
            Managed.Record(environment, "user.signed_out", principal, identifier),
            cancellationToken
        );

    private static string DetailOf(PersonChange change) =>
        string.Join(
            ' ',
            new[]
            {
                change.Name is null ? null : "name",
                change.Groups is { } groups ? $"groups={string.Join(',', groups)}" : null,
                change.Password is null ? null : "password",
                change.TotpKey is null && !change.RemoveTotp ? null : "totp",
                change.Enabled is { } enabled ? $"enabled={enabled}" : null,
            }.OfType<string>()
        );

    private static Problem? WrongPassword(Secret password) =>
        password.RevealText().Length is >= LeastPassword and <= MostPassword
            ? null
            : Problem.Invalid("password", "length", $"has {LeastPassword} to {MostPassword} characters");

    private static Problem? WrongTotp(Secret? key) =>
        key is null || key.Length is >= LeastTotpKey and <= 64
            ? null
            : Problem.Invalid("totp_key", "length", $"has {LeastTotpKey} to 64 bytes");

    private static Problem? WrongNames(string name, IReadOnlyList<string> groups)
    {
        if (name.Length > MaxName || name.Any(char.IsControl))
        {
            return Problem.Invalid(
                "name",
                "max_len",
                $"has up to {MaxName} characters, none of them a control character"
            );
        }

        return
            groups.Count <= MaxGroups
            && groups.All(group => group.Length is > 0 and <= MaxName && !group.Any(char.IsControl))
            ? null
            : Problem.Invalid("groups", "max_items", $"are up to {MaxGroups} names of 1 to {MaxName} characters");
    }
}
