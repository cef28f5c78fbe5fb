using Behalf.Audit;

namespace Behalf.People;

/// <summary>
/// People of the identity provider, known by issuer and subject. The identifier is taken over at the first sign-in and
/// stays: who is renamed at the provider keeps the accounts, and who takes over a name inherits none.
/// </summary>
internal sealed class FederatedPeople(IPersonStore people, TimeProvider time)
{
    private const int MaxTries = 5;
    private const int MaxName = 200;

    public async Task<Result<Person>> EnsureAsync(
        IdentityProvider provider,
        IdTokenClaims claims,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            Person? known = await people.FindBySubjectAsync(
                provider.Environment,
                provider.Issuer,
                claims.Subject,
                cancellationToken
            );
            if (known is null)
            {
                if (!Identifier.TryParse(claims.Identifier, out Identifier identifier, out _))
                {
                    return Problem.Forbidden(
                        "identifier_not_usable",
                        "The sign-in service calls you by a name that cannot be used here. Ask whoever runs this server."
                    );
                }

                Person added = Make(provider, claims, identifier);
                if (await people.AddAsync(added, Added(added), cancellationToken))
                {
                    return added;
                }

                if (
                    await people.FindAsync(provider.Environment, identifier, cancellationToken) is { } other
                    && (other.Issuer != provider.Issuer || other.Subject != claims.Subject)
                )
                {
                    return Problem.Forbidden(
                        "identifier_taken",
                        "Somebody else has your name here already. Ask whoever runs this server."
                    );
                }
            }
            else if (!known.Enabled)
            {
                return Problem.Forbidden("person_disabled", "You may not sign in here. Ask whoever runs this server.");
            }
            else if (known.Groups.SequenceEqual(claims.Groups, StringComparer.Ordinal))
            {
                return known;
            }
            else if (await people.ChangeAsync(known with { Groups = claims.Groups }, Traces.None, cancellationToken))
            {
                return known with { Groups = claims.Groups };
            }
        }

        return new Problem(ProblemKind.Unavailable, "person_busy", "Try again in a moment.");
    }

    private Person Make(IdentityProvider provider, IdTokenClaims claims, Identifier identifier) =>
        new()
        {
            Environment = provider.Environment,
            Identifier = identifier,
            Issuer = provider.Issuer,
            Subject = claims.Subject,
            Name =
                claims.Name is { Length: > 0 and <= MaxName } name && !name.Any(char.IsControl)
                    ? name
                    : identifier.Value,
            Groups = claims.Groups,
            Enabled = true,
            CreatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };

    private static Traces Added(Person person) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = person.Environment,
                Kind = AuditKind.Admin,
                Action = "person.added",
                Identifier = person.Identifier.Value,
                Principal = person.Issuer,
                Outcome = CallOutcomes.Success,
                Detail = "first sign-in",
            }
        );
}
