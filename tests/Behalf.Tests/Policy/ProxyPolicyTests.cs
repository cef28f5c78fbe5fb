using Behalf.Connections;
using Behalf.Connectors.Operations;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Policy;

public sealed class ProxyPolicyTests
{
    private static readonly Operation Read = new()
    {
        Id = "getThing",
        Method = HttpMethod.Get,
        Path = "/things/{thing}",
        NeededScopes = ScopeSet.Empty,
        Writes = false,
    };

    [Theory]
    [InlineData(null, true, true, true)]
    [InlineData(ProxyMode.Full, true, true, true)]
    [InlineData(ProxyMode.Read, true, false, false)]
    [InlineData(ProxyMode.Off, false, false, false)]
    public void Mode_DecidesWhatPasses_AndTheUnknownCountsAsAWrite(
        ProxyMode? mode,
        bool reads,
        bool writes,
        bool unknown
    )
    {
        Allows(Read, mode).Should().Be(reads);
        Allows(Read with { Writes = true }, mode).Should().Be(writes);
        Allows(null, mode).Should().Be(unknown);
    }

    [Fact]
    public void Proxy_IsOff_BesideAnAllowListOfTools_UnlessTheConnectionSaysOtherwise()
    {
        Allows(Read, change: one => one with { AllowedTools = ["get_*"] }).Should().BeFalse();
        Allows(Read, ProxyMode.Read, one => one with { AllowedTools = ["get_*"] }).Should().BeTrue();
    }

    [Fact]
    public void Proxy_IsRefused_ForACredentialThatIsLimitedToTools_WhateverTheConnectionSays() =>
        Allows(Read, ProxyMode.Full, limits: new CredentialLimits(null, new HashSet<string> { "tracker_get_thing" }))
            .Should()
            .BeFalse();

    [Fact]
    public void Proxy_IsRefused_ForAnotherConnectionsCredential_AndOnADisabledConnection()
    {
        Allows(Read, limits: new CredentialLimits(new HashSet<string> { "other" }, null)).Should().BeFalse();
        Allows(Read, change: one => one with { Enabled = false }).Should().BeFalse();
    }

    private static bool Allows(
        Operation? operation,
        ProxyMode? mode = null,
        Func<Connection, Connection>? change = null,
        CredentialLimits? limits = null
    )
    {
        Connection connection = new FakeRooms().Add("tracker", "tools: []") with { Proxy = mode };
        return new ConnectionPolicy().DecideProxy(
                Calls.Subject("alice", limits),
                change?.Invoke(connection) ?? connection,
                operation
            ) is PolicyDecision.Allow;
    }
}
