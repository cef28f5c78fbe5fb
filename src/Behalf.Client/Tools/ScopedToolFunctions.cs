using System.Security.Claims;
using Microsoft.Extensions.AI;

namespace Behalf.Client;

/// <summary>A user's tools as functions for any agent on Microsoft.Extensions.AI.</summary>
public static class ScopedToolFunctions
{
    /// <summary>
    /// What the user may call now. A failing tool gives the model an object with <c>error</c> and <c>message</c>; a dead
    /// server or credential throws <see cref="BehalfException"/>.
    /// </summary>
    public static async Task<IReadOnlyList<AIFunction>> GetScopedToolsAsync(
        this IUserClient user,
        ScopedToolOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        options ??= new ScopedToolOptions();
        var listed = options.Toolset is { Count: 0 }
            ? []
            : (await user.ListToolsAsync(cancellationToken).ConfigureAwait(false)).Tools;
        List<AIFunction> functions = [.. listed.Where(IsShown).Select(Function)];
        if (options.Toolset is not null)
        {
            var found = new FoundTools(user, options);
            functions.AddRange([found.Search, found.Call, found.CallApproved]);
        }
        return functions;

        bool IsShown(UserTool tool) => options.Toolset?.Contains(tool.Name, StringComparer.Ordinal) ?? true;

        AIFunction Function(UserTool tool)
        {
            var function = new ScopedToolFunction(user, tool, options.AgentRunId);
            return options.NeedsApproval(tool) ? new ApprovalRequiredAIFunction(function) : function;
        }
    }

    /// <summary>As the other, on sessions of this user: what an agent gets can act for nobody else.</summary>
    /// <param name="identifier">The user, as the application's own login says.</param>
    public static Task<IReadOnlyList<AIFunction>> GetScopedToolsAsync(
        this BehalfClient behalf,
        string identifier,
        ScopedToolOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(behalf);
        return behalf.CreateUserClient(identifier, options?.Limits).GetScopedToolsAsync(options, cancellationToken);
    }

    /// <summary>As the other, for whoever is signed in.</summary>
    public static Task<IReadOnlyList<AIFunction>> GetScopedToolsAsync(
        this BehalfClient behalf,
        ClaimsPrincipal user,
        ScopedToolOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(behalf);
        return behalf.GetScopedToolsAsync(behalf.IdentifierOf(user), options, cancellationToken);
    }
}

public sealed record ScopedToolOptions
{
    /// <value>At most 255 characters; stands in the audit trail beside every call.</value>
    public string? AgentRunId { get; init; }

    /// <value>
    /// Which tools a person must approve before they run: those become <see cref="ApprovalRequiredAIFunction"/>s, which
    /// the agent's framework holds back. Default: the destructive ones.
    /// </value>
    public Func<UserTool, bool> NeedsApproval { get; init; } = tool => tool.IsDestructive;

    /// <value>
    /// The tools shown by name; the model finds and calls the others through <c>search_tools</c>, <c>call_tool</c> and
    /// (for what needs approval) <c>call_tool_with_approval</c>. Empty: those three alone. Null, the default: every listed
    /// tool, and no search.
    /// </value>
    public IReadOnlyCollection<string>? Toolset { get; init; }

    /// <value>Narrows the user's sessions; ignored for a user client, whose sessions are made elsewhere.</value>
    public SessionLimits? Limits { get; init; }
}
