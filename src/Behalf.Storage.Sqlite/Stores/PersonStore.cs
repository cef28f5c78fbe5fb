using Behalf.People;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class PersonStore(SqliteDatabase database) : IPersonStore
{
    private const string Select = """
        SELECT environment_id, identifier, issuer, subject, name, group_names, password_hash, totp_sealed, totp_step,
          enabled, created_at, row_version
        FROM person
        """;

    public Task<bool> AddAsync(Person person, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool added = context.ExecuteOne(
                    """
                    INSERT INTO person
                      (environment_id, identifier, issuer, subject, name, group_names, password_hash, totp_sealed,
                       totp_step, enabled, created_at, row_version)
                    VALUES
                      (@environment, @identifier, @issuer, @subject, @name, @groups, @password, @totp, @step, @enabled,
                       @createdAt, 1)
                    ON CONFLICT DO NOTHING
                    """,
                    new
                    {
                        environment = person.Environment.ToColumn(),
                        identifier = person.Identifier.Value,
                        issuer = person.Issuer,
                        subject = person.Subject,
                        name = person.Name,
                        groups = person.Groups.ToColumn(),
                        password = person.PasswordHash,
                        totp = person.TotpSealed,
                        step = person.TotpStep,
                        enabled = person.Enabled,
                        createdAt = person.CreatedAt.ToColumn(),
                    }
                );
                if (added)
                {
                    context.Leave(traces);
                }

                return added;
            },
            cancellationToken
        );

    public Task<Person?> FindAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "person",
            (environment, identifier),
            static (reader, key) =>
                (
                    reader.QuerySingleOrDefault<Row>(
                        $"{Select} WHERE environment_id = @environment AND identifier = @identifier",
                        new { environment = key.environment.ToColumn(), identifier = key.identifier.Value }
                    )
                )?.ToPerson(),
            cancellationToken
        );

    public Task<Person?> FindBySubjectAsync(
        EnvironmentId environment,
        string issuer,
        string subject,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                (
                    connection.QuerySingleOrDefault<Row>(
                        $"{Select} WHERE environment_id = @environment AND issuer = @issuer AND subject = @subject",
                        new
                        {
                            environment = environment.ToColumn(),
                            issuer,
                            subject,
                        }
                    )
                )?.ToPerson(),
            cancellationToken
        );

    public Task<IReadOnlyList<Person>> ListAsync(
        EnvironmentId environment,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<Person>>(
            connection =>
                [
                    .. (
                        connection.Query<Row>(
                            $"{Select} WHERE environment_id = @environment ORDER BY identifier LIMIT @limit",
                            new { environment = environment.ToColumn(), limit }
                        )
                    ).Select(row => row.ToPerson()),
                ],
            cancellationToken
        );

    public Task<bool> ChangeAsync(Person person, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool changed = context.ExecuteOne(
                    """
                    UPDATE person
                    SET name = @name, group_names = @groups, password_hash = @password, totp_sealed = @totp,
                      enabled = @enabled, row_version = row_version + 1
                    WHERE environment_id = @environment AND identifier = @identifier AND row_version = @version
                    """,
                    new
                    {
                        environment = person.Environment.ToColumn(),
                        identifier = person.Identifier.Value,
                        name = person.Name,
                        groups = person.Groups.ToColumn(),
                        password = person.PasswordHash,
                        totp = person.TotpSealed,
                        enabled = person.Enabled,
                        version = person.RowVersion,
                    }
                );
                if (changed)
                {
                    context.Leave(traces);
                }

                return changed;
            },
            cancellationToken
        );

    public Task<bool> TakeTotpStepAsync(
        EnvironmentId environment,
        Identifier identifier,
        long step,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
                context.ExecuteOne(
                    """
                    UPDATE person SET totp_step = @step
                    WHERE environment_id = @environment AND identifier = @identifier AND totp_step < @step
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        identifier = identifier.Value,
                        step,
                    }
                ),
            cancellationToken
        );

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool removed = context.ExecuteOne(
                    "DELETE FROM person WHERE environment_id = @environment AND identifier = @identifier",
                    new { environment = environment.ToColumn(), identifier = identifier.Value }
                );
                if (removed)
                {
                    context.Leave(traces);
                }

                return removed;
            },
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required string Identifier { get; init; }
        public string? Issuer { get; init; }
        public string? Subject { get; init; }
        public required string Name { get; init; }
        public required string GroupNames { get; init; }
        public string? PasswordHash { get; init; }
        public byte[]? TotpSealed { get; init; }
        public required long TotpStep { get; init; }
        public required long Enabled { get; init; }
        public required long CreatedAt { get; init; }
        public required long RowVersion { get; init; }

        public Person ToPerson() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Identifier = Behalf.Identifier.Parse(Identifier),
                Issuer = Issuer,
                Subject = Subject,
                Name = Name,
                Groups = GroupNames.ToTexts(),
                PasswordHash = PasswordHash,
                TotpSealed = TotpSealed,
                TotpStep = TotpStep,
                Enabled = Enabled != 0,
                CreatedAt = CreatedAt.ToInstant(),
                RowVersion = RowVersion,
            };
    }
}
