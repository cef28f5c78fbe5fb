using Behalf.Cli.Commands.Agent;

namespace Behalf.Cli.Tests;

public sealed class TypedVerificationTests
{
    [Theory]
    [InlineData("  abc-123 ", "abc-123")]
    [InlineData("http://127.0.0.1:40000/authorized?auth_request_id=a%2Fb&state=ours", "a/b")]
    public void ACodeOrTheWholeAddress_IsTaken(string typed, string id)
    {
        TypedVerification.TryRead(typed, "ours", out var read, out _).Should().BeTrue();
        read.Should().Be(id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1:40000/authorized?auth_request_id=abc&state=theirs")]
    [InlineData("http://127.0.0.1:40000/authorized?auth_request_id=abc")]
    [InlineData("https://behalf.acme.com/magicLink/x")]
    public void AnotherAddress_IsRefused_WithAReason(string typed)
    {
        TypedVerification.TryRead(typed, "ours", out _, out var objection).Should().BeFalse();
        objection.Should().NotBeEmpty();
    }
}
