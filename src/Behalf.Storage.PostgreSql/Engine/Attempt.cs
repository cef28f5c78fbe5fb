using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>One try of a piece of work on a connection of its own.</summary>
internal sealed class Attempt(NpgsqlConnection connection, bool isFirst)
{
    public NpgsqlConnection Connection => connection;

    public bool IsFirst => isFirst;

    /// <value>From here on a lost connection leaves open whether the work is committed: it is not tried again.</value>
    public bool IsCommitting { get; private set; }

    public void Commits() => IsCommitting = true;
}
