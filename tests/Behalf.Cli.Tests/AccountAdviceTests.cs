using Behalf.Cli.Commands.Account;
using Behalf.Client;

namespace Behalf.Cli.Tests;

public sealed class AccountAdviceTests
{
    [Fact]
    public void ActiveAccount_NeedsNoAdvice() => AccountAdvice.For(Account("ACTIVE", null)).Should().BeNull();

    [Theory]
    [InlineData("PENDING_AUTH", "never_connected")]
    [InlineData("PENDING_AUTH", "access_denied")]
    [InlineData("EXPIRED", "refresh_refused")]
    [InlineData("DISCONNECTED", "revoked")]
    [InlineData("PENDING_AUTH", "some_new_reason")]
    public void AccountThatDoesNotWork_NamesTheUser_AndTheLinkAsTheNextStep(string status, string reason) =>
        AccountAdvice
            .For(Account(status, reason))
            .Should()
            .Contain("alice")
            .And.EndWith("behalf account link --identifier alice --connection asana");

    [Fact]
    public void UnknownReason_IsQuoted() =>
        AccountAdvice.Why(Account("PENDING_AUTH", "some_new_reason")).Should().Contain("\"some_new_reason\"");

    [Fact]
    public void UnverifiedAccount_PointsAtTheVerification() =>
        AccountAdvice
            .For(Account("PENDING_VERIFICATION", "awaiting_verification"))
            .Should()
            .Contain("`behalf account verify --identifier alice --code CODE`");

    private static ConnectedAccount Account(string status, string? reason) =>
        new("ca_1", "alice", "asana", "conn_1", "asana", status, [], null, null, null) { Reason = reason };
}
