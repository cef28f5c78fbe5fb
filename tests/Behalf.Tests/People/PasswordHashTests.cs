using Behalf.Identity;
using Behalf.People;
using Behalf.Tests.Audit;
using Behalf.Tests.Vault;

namespace Behalf.Tests.People;

public sealed class PasswordHashTests
{
    private const string Password = "correct horse battery staple";

    // By two other implementations, for the salt 00 01 … 0f.
    private const string Known =
        "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw==$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU=";

    [Fact]
    public async Task Hash_IsArgon2idWithOurParameters()
    {
        using PasswordHash hashes = new();
        using Secret password = Secret.FromText(Password);
        using Secret other = Secret.FromText($"{Password} ");

        string first = await hashes.MakeAsync(password, TestContext.Current.CancellationToken);
        string second = await hashes.MakeAsync(password, TestContext.Current.CancellationToken);

        first.Should().StartWith("$argon2id$v=19$m=19456,t=2,p=1$");
        second.Should().NotBe(first, "each has a salt of its own");
        (await MatchesAsync(hashes, password, first)).Should().BeTrue();
        (await MatchesAsync(hashes, password, Known)).Should().BeTrue();
        (await MatchesAsync(hashes, other, Known)).Should().BeFalse();
    }

    [Theory]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw==$AAAA")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw==$AAAA")]
    [InlineData("")]
    public async Task StoredHash_OfOtherParameters_IsNotCompared(string stored)
    {
        using PasswordHash hashes = new();
        using Secret password = Secret.FromText(Password);

        Func<Task> compare = () => MatchesAsync(hashes, password, stored);

        await compare.Should().ThrowAsync<FormatException>();
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("not a name\u0000")]
    [InlineData("")]
    public async Task UnknownPerson_CostsADerivation(string name)
    {
        using TestVault vault = await TestVault.OpenedAsync();
        await using TestTrail trail = new(vault.Vault);
        using PasswordHash hashes = new();
        using Secret password = Secret.FromText(Password);
        EmptyDirectory people = new();
        PasswordSignIn signIn = new(
            people,
            new SignInSessions(null!, people, null!, trail.Time), // nobody gets that far
            hashes,
            new GuessThrottle(trail.Time),
            vault.Vault,
            trail.Audit,
            trail.Time
        );

        Result<SignedIn> result = await signIn.SignInAsync(
            Calls.Environment,
            name,
            password,
            null,
            "192.0.2.1",
            TestContext.Current.CancellationToken
        );

        result.Problem!.Code.Should().Be("wrong_sign_in");
        hashes.Derivations.Should().Be(1, "else the time would tell who exists");
    }

    private static Task<bool> MatchesAsync(PasswordHash hashes, Secret password, string stored) =>
        hashes.MatchesAsync(password, stored, TestContext.Current.CancellationToken);

    private sealed class EmptyDirectory : IPersonStore
    {
        public Task<Person?> FindAsync(
            EnvironmentId environment,
            Identifier identifier,
            CancellationToken cancellationToken
        ) => Task.FromResult<Person?>(null);

        public Task<bool> AddAsync(Person person, Traces traces, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<Person?> FindBySubjectAsync(
            EnvironmentId environment,
            string issuer,
            string subject,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task<IReadOnlyList<Person>> ListAsync(
            EnvironmentId environment,
            int limit,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task<bool> ChangeAsync(Person person, Traces traces, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> TakeTotpStepAsync(
            EnvironmentId environment,
            Identifier identifier,
            long step,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public Task<bool> RemoveAsync(
            EnvironmentId environment,
            Identifier identifier,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();
    }
}
