using Behalf.Identity;

namespace Behalf.Tests.Identity;

public sealed class CredentialPairTests
{
    [Fact]
    public void Secret_Carries256Bits_AndOnlyItsDigestIsKept()
    {
        CredentialPair pair = CredentialPair.ForClient();

        string secret = pair.Secret.RevealText();
        secret.Should().StartWith("sks_").And.HaveLength("sks_".Length + 43);
        pair.ClientId.Should().StartWith("skc_");
        pair.Digest.Should().Be(Digest.Of(secret));
        pair.ToString().Should().NotContain(secret);
    }

    [Fact]
    public void Pairs_TellTheirKind()
    {
        UserSessionId session = EntityId.New<UserSessionId>(TimeProvider.System);

        CredentialPair.ForSession(session).ClientId.Should().Be(session.ToString());
        CredentialPair.ForSession(session).Secret.RevealText().Should().StartWith("uss_");
        CredentialPair.ForOperator().ClientId.Should().StartWith("opc_");
        CredentialPair.ForOperator().Secret.RevealText().Should().StartWith("ops_");
    }

    [Fact]
    public void Limits_OnlyNarrow()
    {
        CredentialLimits client = new(new HashSet<string> { "a", "b" }, null);
        CredentialLimits session = new(new HashSet<string> { "b", "c" }, new HashSet<string> { "t" });

        CredentialLimits narrowed = session.Narrow(client);

        narrowed.Connections.Should().BeEquivalentTo(["b"]);
        narrowed.Tools.Should().BeEquivalentTo(["t"]);
        narrowed.AllowsConnection("a").Should().BeFalse();
        narrowed.AllowsConnection("c").Should().BeFalse();
    }
}
