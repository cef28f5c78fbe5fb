using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Policy;

public sealed class ConnectionPolicyTests
{
    private static readonly string Definition = ToolBench.Definition(
        """
        tools:
          - name: create_task
            title: Create
            category: things
            description: Creates one thing in the tracker.
            hints: [read_only]
            scopes: [things]
        """
    );

    private static PolicyDecision Decide(Func<Connection, Connection> change, CredentialLimits? limits = null)
    {
        Connection connection = change(new FakeRooms().Add("tracker", "tools: []"));
        ToolDefinition tool = DefinitionReader.Read(Definition).Tools[0];
        return new ConnectionPolicy().Decide(Calls.Subject("alice", limits), connection, tool);
    }

    [Theory]
    [InlineData("create_task", true)]
    [InlineData("tracker_create_task", true)]
    [InlineData("create_*", true)]
    [InlineData("*", true)]
    [InlineData("tracker_c*", true)]
    [InlineData("create", false)]
    [InlineData("*_task", false)]
    [InlineData("Create_Task", false)]
    public void AllowedTools_AreExactNames_OrBeginnings(string pattern, bool allowed) =>
        (Decide(one => one with { AllowedTools = [pattern] }) is PolicyDecision.Allow).Should().Be(allowed);

    [Fact]
    public void Tool_IsDenied_WhenNothingIsAllowed() =>
        Decide(one => one with { AllowedTools = [] })
            .Should()
            .BeOfType<PolicyDecision.Deny>()
            .Which.Code.Should()
            .Be("tool_not_allowed");

    [Fact]
    public void Tool_IsDenied_OnADisabledConnection() =>
        Decide(one => one with { Enabled = false }).Should().BeOfType<PolicyDecision.Deny>();

    [Fact]
    public void Limits_Narrow_AndNeverWiden()
    {
        CredentialLimits other = new(new HashSet<string> { "other" }, null);
        CredentialLimits tools = new(null, new HashSet<string> { "tracker_other" });
        CredentialLimits fitting = new(
            new HashSet<string> { "tracker" },
            new HashSet<string> { "tracker_create_task" }
        );

        Decide(one => one, other).Should().BeOfType<PolicyDecision.Deny>();
        Decide(one => one, tools).Should().BeOfType<PolicyDecision.Deny>();
        Decide(one => one, fitting).Should().BeOfType<PolicyDecision.Allow>();
        Decide(one => one with { AllowedTools = [] }, fitting).Should().BeOfType<PolicyDecision.Deny>();
    }
}
