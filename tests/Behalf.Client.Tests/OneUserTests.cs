using Behalf.Client.Internal;

namespace Behalf.Client.Tests;

public sealed class OneUserTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARenewalOfTheSameUser_IsTaken()
    {
        var user = new OneUser(_ => Task.FromResult(SessionOf("alice")));

        (await user.RenewAsync(_token)).Identifier.Should().Be("alice");
        (await user.RenewAsync(_token)).Identifier.Should().Be("alice");
    }

    [Fact]
    public async Task ARenewalOfAnotherUser_IsRefused()
    {
        var identifiers = new Queue<string>(["alice", "bob", "Alice"]);
        var user = new OneUser(_ => Task.FromResult(SessionOf(identifiers.Dequeue())));
        await user.RenewAsync(_token);

        var asBob = () => user.RenewAsync(_token);
        await asBob.Should().ThrowAsync<InvalidOperationException>();
        await asBob.Should().ThrowAsync<InvalidOperationException>("identifiers are compared exactly");
    }

    [Fact]
    public void ASession_PrintsNoSecret() =>
        SessionOf("alice").ToString().Should().NotContain("token-value").And.NotContain("secret-value");

    private static UserSession SessionOf(string identifier) =>
        new("ses_1", identifier, "token-value", "client", "secret-value", DateTimeOffset.UnixEpoch);
}
