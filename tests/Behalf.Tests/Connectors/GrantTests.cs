using Behalf.Connectors;

namespace Behalf.Tests.Connectors;

/// <summary>How many tools a grant shows: what the published scopes of their operations add up to.</summary>
public sealed class GrantTests
{
    private const string Reading = "tasks:read projects:read users:read workspaces:read";
    private const string Working = $"{Reading} tasks:write stories:read workspaces.typeahead:read";

    private const string Everyday =
        $"{Working} stories:write attachments:read attachments:write projects:write tags:read tags:write teams:read custom_fields:read";

    private const string Planning =
        $"{Everyday} tasks:delete stories:delete projects:delete portfolios:read goals:read";

    [Theory]
    [InlineData(Reading, 14)]
    [InlineData(Working, 33)]
    [InlineData("tasks:read stories:read stories:write users:read workspaces:read", 13)]
    [InlineData(Everyday, 43)]
    [InlineData(Planning, 50)]
    [InlineData("default", 58)]
    [InlineData("openid email", 0)]
    public async Task Grant_ShowsExactlyTheToolsItCovers(string scopes, int tools)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        ScopeSet granted = ScopeSet.Parse(scopes);

        definition
            .Tools.Where(tool => tool.IsDefault && tool.IsGrantedBy(granted, definition.OAuth))
            .Should()
            .HaveCount(tools);
    }

    [Fact]
    public async Task Tool_NeedsTheScopes_ThatTheOperationsItAlwaysCarriesOutNeed()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        Dictionary<string, ScopeSet> needed = definition.Operations.All.ToDictionary(
            operation => operation.Id,
            operation => operation.NeedsFullScope ? ScopeSet.Of(["default"]) : operation.NeededScopes
        );

        foreach (ToolDefinition tool in definition.Tools)
        {
            IEnumerable<string> always = tool
                .Procedure.Compiled.Steps.OfType<Behalf.Connectors.Steps.RequestStep>()
                .Where(step => step.When is null)
                .Select(step => step.Operation);
            foreach (string operation in always)
            {
                tool.NeededScopes.Covers(needed[operation])
                    .Should()
                    .BeTrue($"{tool.Name} always sends {operation}, which needs {needed[operation]}");
            }
        }
    }

    [Fact]
    public async Task Hints_SayWhatNeedsAPersonsAgreement()
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        IEnumerable<string> Named(ToolHints hint) =>
            definition.Tools.Where(tool => tool.IsDefault && tool.Hints.HasFlag(hint)).Select(tool => tool.Name);

        Named(ToolHints.ReadOnly).Should().HaveCount(27);
        Named(ToolHints.Destructive).Should().BeEquivalentTo("delete_task", "delete_comment", "delete_project");
        Named(ToolHints.ChangesAccess)
            .Should()
            .BeEquivalentTo(
                "add_task_followers",
                "remove_task_followers",
                "add_task_to_project",
                "remove_task_from_project",
                "set_task_parent",
                "update_project",
                "share_project",
                "unshare_project"
            );
    }
}
