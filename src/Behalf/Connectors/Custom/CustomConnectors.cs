using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Connectors.Custom;

/// <summary>Stores an environment's own connectors as revisions like any other: data, read by the same readers.</summary>
internal sealed class CustomConnectors(IConnectorRevisionStore store, IConnectorCatalog catalog) : ICustomConnectors
{
    private const int MaxSlug = 20;
    private const int Most = 200;
    private const int MostNumbers = 99;

    public async Task<Result<ConnectorDefinition>> AddAsync(
        Principal principal,
        CustomConnector connector,
        CancellationToken cancellationToken
    )
    {
        if (Managed(principal) is not { } environment)
        {
            return NotAllowed();
        }

        if ((await store.ListOwnAsync(environment, cancellationToken)).Count >= Most)
        {
            return TooMany();
        }

        foreach (string slug in Slugs(connector.Name))
        {
            if (await catalog.FindLatestAsync(environment, slug, cancellationToken) is not null)
            {
                continue;
            }

            Result<ConnectorDefinition> read = catalog.Read(CustomConnectorDocument.Of(slug, connector));
            if (!read.Succeeded)
            {
                return Refused(read.Problem);
            }

            if (
                await store.SetOwnAsync(
                    environment,
                    slug,
                    null,
                    read.Value.Revision,
                    CustomConnectorDocument.Of(slug, connector),
                    TracesOf(principal, environment, read.Value, "connector.added"),
                    cancellationToken
                )
            )
            {
                return read;
            }
        }

        return new Problem(ProblemKind.AlreadyExists, "name_taken", "Too many connectors have this name.");
    }

    public async Task<Result<ConnectorDefinition>> ChangeAsync(
        Principal principal,
        string slug,
        CustomConnector connector,
        CancellationToken cancellationToken
    )
    {
        if (Managed(principal) is not { } environment)
        {
            return NotAllowed();
        }

        string? now = (await store.ListOwnAsync(environment, cancellationToken))
            .FirstOrDefault(own => own.Slug == slug)
            .Revision;
        if (now is null)
        {
            return NotFound();
        }

        string document = CustomConnectorDocument.Of(slug, connector);
        Result<ConnectorDefinition> read = catalog.Read(document);
        if (!read.Succeeded)
        {
            return Refused(read.Problem);
        }

        return await SetAsync(principal, environment, now, document, read.Value, cancellationToken);
    }

    public async Task<Result<ConnectorDefinition>> PutAsync(
        Principal principal,
        string document,
        CancellationToken cancellationToken
    )
    {
        if (Managed(principal) is not { } environment)
        {
            return NotAllowed();
        }

        Result<ConnectorDefinition> read = catalog.Read(document);
        if (!read.Succeeded)
        {
            return Problem.Invalid("document", "invalid_definition", read.Problem.Message);
        }

        IReadOnlyList<(string Slug, string Revision)> own = await store.ListOwnAsync(environment, cancellationToken);
        string? now = own.FirstOrDefault(one => one.Slug == read.Value.Slug).Revision;
        if (now == read.Value.Revision)
        {
            return read;
        }

        if (now is null)
        {
            if (own.Count >= Most)
            {
                return TooMany();
            }

            if (await catalog.FindLatestAsync(environment, read.Value.Slug, cancellationToken) is not null)
            {
                return new Problem(
                    ProblemKind.AlreadyExists,
                    "name_taken",
                    $"There is a bundled connector {read.Value.Slug}. Give yours another slug."
                );
            }
        }

        return await SetAsync(principal, environment, now, document, read.Value, cancellationToken);
    }

    private async Task<Result<ConnectorDefinition>> SetAsync(
        Principal principal,
        EnvironmentId environment,
        string? now,
        string document,
        ConnectorDefinition next,
        CancellationToken cancellationToken
    )
    {
        string action = now is null ? "connector.added" : "connector.changed";
        Traces traces = TracesOf(principal, environment, next, action);
        return await store.SetOwnAsync(environment, next.Slug, now, next.Revision, document, traces, cancellationToken)
            ? next
            : new Problem(
                ProblemKind.FailedPrecondition,
                "connector_changed",
                "The connector was changed at the same time. Look at it and try again."
            );
    }

    public async Task<Result<Done>> RemoveAsync(Principal principal, string slug, CancellationToken cancellationToken)
    {
        if (Managed(principal) is not { } environment)
        {
            return NotAllowed();
        }

        Traces traces = Traces.Of(Record(principal, environment, slug, "connector.removed", null));
        return await store.RemoveOwnAsync(environment, slug, traces, cancellationToken) switch
        {
            null => Done.Value,
            "in_use" => new Problem(
                ProblemKind.FailedPrecondition,
                "connector_in_use",
                $"A connection uses the connector {slug}. Remove its connections first."
            ),
            _ => NotFound(),
        };
    }

    public async Task<IReadOnlySet<string>> NamesAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        (await store.ListOwnAsync(environment, cancellationToken))
            .Select(own => own.Slug)
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Letters and digits of the name; then with a number, for the next of the same name.</summary>
    private static IEnumerable<string> Slugs(string name)
    {
        string letters = new([.. name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit)]);
        yield return Cut(letters, MaxSlug);
        for (int number = 2; number <= MostNumbers; number++)
        {
            yield return $"{Cut(letters, MaxSlug - 2)}{number}";
        }
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private static EnvironmentId? Managed(Principal principal) =>
        principal.Kind == PrincipalKind.ServiceClient && principal.Limits == CredentialLimits.None
            ? principal.Environment
            : null;

    private static Problem NotAllowed() =>
        Problem.Forbidden(
            "not_allowed",
            "Connectors are defined by a service credential that is not limited to connections or tools."
        );

    private static Problem TooMany() =>
        new(
            ProblemKind.FailedPrecondition,
            "too_many_connectors",
            $"An environment has at most {Most} connectors of its own."
        );

    private static Problem NotFound() => Problem.NotFound("connector");

    /// <summary>The document is ours: its lines mean nothing to the caller.</summary>
    private static Problem Refused(Problem problem) =>
        Problem.Invalid(
            "provider",
            "invalid_definition",
            problem.Message[(problem.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..]
        );

    private static Traces TracesOf(
        Principal principal,
        EnvironmentId environment,
        ConnectorDefinition definition,
        string action
    ) => Traces.Of(Record(principal, environment, definition.Slug, action, definition.Revision));

    private static AuditDraft Record(
        Principal principal,
        EnvironmentId environment,
        string slug,
        string action,
        string? revision
    ) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = action,
            Principal = principal.ClientId,
            Outcome = CallOutcomes.Success,
            Detail = revision is null ? slug : $"{slug} {revision}",
        };
}
