using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Behalf.Cli.Demo;

/// <param name="Key">What the application calls the person.</param>
internal sealed record CastMember(string Key, string Gid, string Name, string Password);

/// <summary>The practice world as the story needs it; every name comes from the sandbox.</summary>
internal sealed record World
{
    public required string Organization { get; init; }

    public required CastMember Creator { get; init; }

    public required CastMember Outsider { get; init; }

    public required CastMember Insider { get; init; }

    public required string ProjectGid { get; init; }

    public required string ProjectName { get; init; }

    public required string TaskName { get; init; }

    public required string BoardGid { get; init; }

    public required string BoardName { get; init; }

    public required string PriorityFieldGid { get; init; }

    public required string PriorityFieldName { get; init; }

    public required string PriorityOption { get; init; }

    public required string Comment { get; init; }

    public required string ServiceAccountName { get; init; }

    public required string ServiceAccountToken { get; init; }

    /// <value>What opens something at the practice provider.</value>
    public IEnumerable<string> Secrets => Cast.Select(member => member.Password).Append(ServiceAccountToken);

    public IReadOnlyList<CastMember> Cast => [Creator, Outsider, Insider];

    public static async Task<World> ReadAsync(HttpClient sandbox, CancellationToken cancellationToken)
    {
        JsonNode world = (await sandbox.GetFromJsonAsync<JsonNode>("/_sandbox/world", cancellationToken))!;
        JsonNode story = world["story"]!;
        return new World
        {
            Organization = Text(world["workspaces"]!.AsArray().First(w => (bool)w!["is_organization"]!)!, "name"),
            Creator = Member(story["roles"]!["creator"]!),
            Outsider = Member(story["roles"]!["outsider"]!),
            Insider = Member(story["roles"]!["insider"]!),
            ProjectGid = Text(story["project"]!, "gid"),
            ProjectName = Text(story["project"]!, "name"),
            TaskName = Text(story, "task"),
            BoardGid = Text(story["board"]!, "gid"),
            BoardName = Text(story["board"]!, "name"),
            PriorityFieldGid = Text(story["priority_field"]!, "gid"),
            PriorityFieldName = Text(story["priority_field"]!, "name"),
            PriorityOption = Text(story["priority_option"]!, "name"),
            Comment = Text(story, "comment"),
            ServiceAccountName = Text(story["service_account"]!, "name"),
            ServiceAccountToken = Text(story["service_account"]!, "pat"),
        };
    }

    private static CastMember Member(JsonNode user) =>
        new(Text(user, "key"), Text(user, "gid"), Text(user, "name"), Text(user, "password"));

    private static string Text(JsonNode node, string name) =>
        (string?)node[name] ?? throw new DemoFailedException($"The sandbox's world has no {name}.");
}
