using System.Text.Json;
using Behalf.Client;
using Microsoft.Extensions.AI;

namespace Behalf.Agent.Calls;

/// <summary>
/// The tools a model is shown: all of them, or those that fit the prompt and then what it finds itself. Only what is shown
/// can be called. One run's; changed between turns only.
/// </summary>
internal sealed class ShownTools
{
    public const string SearchName = "search_tools";
    private const int Most = 8;
    private const int MaxQuery = 2_000;

    private readonly IUserClient user;
    private readonly Dictionary<string, UserTool> byName = new(StringComparer.Ordinal);
    private readonly List<UserTool> tools = [];
    private readonly Lock gate = new();

    private ShownTools(IUserClient user, bool canSearch)
    {
        this.user = user;
        CanSearch = canSearch;
    }

    public static AITool Search { get; } =
        AIFunctionFactory.CreateDeclaration(
            SearchName,
            "Finds more tools of this user by words, such as \"share project\" or \"log time\". What it finds can be called from the next turn on. Use it when no tool offered does what is asked.",
            JsonElement.Parse(
                """{"type":"object","properties":{"query":{"type":"string","maxLength":2000}},"required":["query"],"additionalProperties":false}"""
            )
        );

    public bool CanSearch { get; }

    /// <value>In the order in which they came to be shown.</value>
    public IReadOnlyList<UserTool> Tools
    {
        get
        {
            lock (gate)
            {
                return [.. tools];
            }
        }
    }

    /// <param name="most">Null: all that are listed.</param>
    public static async Task<ShownTools> ForAsync(
        IUserClient user,
        IReadOnlyList<UserTool> listed,
        int? most,
        string prompt,
        CancellationToken cancellationToken
    )
    {
        // A tool of the user's that has the name of ours is the one meant by it.
        if (most is not { } number || listed.Count == 0 || listed.Any(tool => tool.Name == SearchName))
        {
            var all = new ShownTools(user, canSearch: false);
            all.Add(listed);
            return all;
        }

        var shown = new ShownTools(user, canSearch: true);
        if (number > 0)
        {
            shown.Add(await user.SearchToolsAsync(Cut(prompt), Math.Min(number, 25), cancellationToken));
        }

        return shown;
    }

    public UserTool? Find(string name)
    {
        lock (gate)
        {
            return byName.GetValueOrDefault(name);
        }
    }

    /// <returns>What was found, also what is shown already.</returns>
    public async Task<IReadOnlyList<UserTool>> SearchAsync(string query, CancellationToken cancellationToken)
    {
        var found = string.IsNullOrWhiteSpace(query)
            ? []
            : await user.SearchToolsAsync(Cut(query), Most, cancellationToken);
        Add(found);
        return found;
    }

    private void Add(IReadOnlyList<UserTool> more)
    {
        lock (gate)
        {
            tools.AddRange(more.Where(tool => byName.TryAdd(tool.Name, tool)));
        }
    }

    private static string Cut(string text) => text.Length > MaxQuery ? text[..MaxQuery] : text;
}
