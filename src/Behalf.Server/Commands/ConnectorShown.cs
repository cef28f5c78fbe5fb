using System.Globalization;
using Behalf.Connectors;

namespace Behalf.Server.Commands;

/// <summary>A local definition as <c>behalf connector show</c> tells it.</summary>
internal static class ConnectorShown
{
    public static Task GiveAsync(ConnectorDefinition definition, Answer answer)
    {
        List<string> lines =
        [
            $"{definition.Name} ({definition.Slug}), revision {definition.Revision[..12]}",
            $"  at {definition.BasePattern?.Text ?? definition.BaseUrl.ToString()}{definition.Remote?.Path}",
            $"  credential: {Credential(definition)}",
        ];
        if (definition.OAuth.DefaultScopes.Count > 0)
        {
            lines.Add($"  scopes: {definition.OAuth.DefaultScopes}");
        }

        lines.Add($"  operations: {definition.Operations.All.Count}");
        foreach (ToolDefinition tool in definition.Tools.Where(tool => tool.IsDefault))
        {
            string hints = string.Join(", ", Hints(tool));
            lines.Add($"  {tool.Name}{(hints.Length > 0 ? $" [{hints}]" : "")}: {tool.Title}");
        }

        int others = definition.Tools.Count(tool => !tool.IsDefault);
        if (others > 0)
        {
            lines.Add(
                string.Create(CultureInfo.InvariantCulture, $"  and {others} tools that are listed only when asked for")
            );
        }

        return answer.GiveAsync(
            string.Join('\n', lines),
            new
            {
                definition.Slug,
                definition.Name,
                definition.Description,
                definition.Revision,
                BaseUrl = definition.BasePattern?.Text ?? definition.BaseUrl.ToString(),
                Credential = Credential(definition),
                DefaultScopes = definition.OAuth.DefaultScopes.Values,
                Tools = definition.Tools.Select(tool => new
                {
                    tool.Name,
                    tool.Title,
                    tool.Description,
                    tool.Category,
                    Hints = Hints(tool),
                    NeededScopes = tool.NeededScopes.Values,
                    tool.IsDefault,
                    tool.InputSchema,
                }),
            }
        );
    }

    private static string Credential(ConnectorDefinition definition) =>
        definition.Auth.Kind switch
        {
            CredentialKind.OAuth => "OAuth",
            CredentialKind.ClientCredentials => "client credentials",
            CredentialKind.ApiKey => "API key",
            CredentialKind.Bearer => "bearer token",
            CredentialKind.Basic => "user name and password",
            _ => "none",
        };

    private static IEnumerable<string> Hints(ToolDefinition tool)
    {
        if (tool.Hints.HasFlag(ToolHints.ReadOnly))
        {
            yield return "read_only";
        }

        if (tool.Hints.HasFlag(ToolHints.Destructive))
        {
            yield return "destructive";
        }

        if (tool.Hints.HasFlag(ToolHints.Idempotent))
        {
            yield return "idempotent";
        }

        if (tool.Hints.HasFlag(ToolHints.ChangesAccess))
        {
            yield return "changes_access";
        }
    }
}
