using System.Security.Claims;

namespace Behalf.Client.Tests;

public sealed class ClaimsPrincipalTests
{
    [Fact]
    public void TheSubject_IsTheIdentifier() => SignedIn(("sub", "alice")).GetBehalfIdentifier().Should().Be("alice");

    [Fact]
    public void TheNameIdentifier_StandsIn_WhenThereIsNoSubject() =>
        SignedIn((ClaimTypes.NameIdentifier, "alice")).GetBehalfIdentifier().Should().Be("alice");

    [Fact]
    public void ANamedClaim_IsTheOnlyOneLookedAt()
    {
        var read = () => SignedIn(("sub", "alice")).GetBehalfIdentifier("employee_id");

        read.Should().Throw<InvalidOperationException>().WithMessage("*employee_id*");
    }

    [Fact]
    public void NobodySignedIn_HasNoIdentifier()
    {
        var anonymous = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "alice")]));

        var read = () => anonymous.GetBehalfIdentifier();

        read.Should().Throw<InvalidOperationException>().WithMessage("Nobody is signed in*");
    }

    [Fact]
    public void TwoSubjects_AreRefused()
    {
        var read = () => SignedIn(("sub", "alice"), ("sub", "bob")).GetBehalfIdentifier();

        read.Should().Throw<InvalidOperationException>().WithMessage("*several*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void AnIdentifierOutOfBounds_IsRefused(int length)
    {
        var read = () => SignedIn(("sub", new string('a', length))).GetBehalfIdentifier();

        read.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void LengthsCountCodePoints()
    {
        var identifier = string.Concat(Enumerable.Repeat("😀", 256));

        SignedIn(("sub", identifier)).GetBehalfIdentifier().Should().Be(identifier);
    }

    private static ClaimsPrincipal SignedIn(params (string Type, string Value)[] claims) =>
        new(new ClaimsIdentity(claims.Select(claim => new Claim(claim.Type, claim.Value)), "test"));
}
