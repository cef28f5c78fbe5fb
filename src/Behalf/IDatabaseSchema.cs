namespace Behalf;

/// <summary>The schema of the installation's database, by numbered migrations.</summary>
public interface IDatabaseSchema
{
    /// <summary>Compares the database with the migrations this build knows. Changes nothing; works beside a serving process.</summary>
    Task<SchemaStatus> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Applies what is pending, each migration in a transaction of its own.</summary>
    /// <returns>The numbers applied now.</returns>
    /// <exception cref="SchemaRefusedException">The schema is newer, unknown, altered or half applied; nothing was changed.</exception>
    Task<IReadOnlyList<int>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>What <see cref="MigrateAsync"/> would run, for an administrator to read or to run by hand.</summary>
    /// <exception cref="SchemaRefusedException">As for <see cref="MigrateAsync"/>.</exception>
    Task<string> ScriptAsync(CancellationToken cancellationToken);
}

/// <param name="Current">The newest applied migration; zero for an empty database.</param>
/// <param name="Latest">The newest migration this build knows.</param>
/// <param name="Pending">Numbers that are not applied yet, in order.</param>
/// <param name="Problem">Why this build refuses the schema; null when it does not.</param>
public sealed record SchemaStatus(int Current, int Latest, IReadOnlyList<int> Pending, string? Problem)
{
    public bool IsCurrent => Problem is null && Pending.Count == 0;
}

/// <summary>The database's schema is not one this build may touch; the message says which and what to do.</summary>
public sealed class SchemaRefusedException(string message) : Exception(message);
