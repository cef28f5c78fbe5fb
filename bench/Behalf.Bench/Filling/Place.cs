namespace Behalf.Bench.Filling;

/// <summary>A connection that is there once the database is filled.</summary>
/// <param name="Name">Also the prefix of its tools.</param>
internal sealed record Place(EnvironmentId Environment, ConnectionId Connection, string Name)
{
    public static string NameOf(int number) => $"c{number:D5}";
}

/// <summary>An account that is there once the database is filled, for the trail to speak of.</summary>
internal readonly record struct Holder(Place Place, string Identifier, AccountId Account);
