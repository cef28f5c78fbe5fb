namespace Behalf.Client.AspNetCore;

/// <summary>One person's attempt to connect, as the browser it was begun in keeps it.</summary>
/// <param name="State">32 random bytes; comes back with the person.</param>
/// <param name="Identifier">Who was signed in when it was begun.</param>
/// <param name="ReturnPath">A path of this application.</param>
internal sealed record Attempt(
    string State,
    string Connection,
    string Identifier,
    string ReturnPath,
    DateTimeOffset EndsAt
);
