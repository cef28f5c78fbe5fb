using System.Security.Cryptography;
using Behalf.Identity;
using Behalf.Vault;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Tests.Identity;

/// <summary>What is remembered of a token whose signature was good excuses it from nothing else.</summary>
public sealed class SignedTokenTests : IDisposable
{
    private const string Type = "at+jwt";
    private const string Issuer = "https://one.example";
    private const string Subject = "somebody";

    private readonly FakeTimeProvider _time = new();
    private readonly Ring _ring = new();
    private readonly TokenKeys _keys;
    private readonly SignedTokens _tokens;

    public SignedTokenTests()
    {
        _keys = new TokenKeys(_ring);
        _tokens = new SignedTokens(_keys, _time);
    }

    public void Dispose() => _ring.Dispose();

    [Fact]
    public async Task Token_SaysTheSame_WhenItIsRemembered()
    {
        string text = Sign();

        (await ReadAsync(text)).Should().Be(Subject);
        (await ReadAsync(text)).Should().Be(Subject);
        (await ReadAsync(new string(text.AsSpan()))).Should().Be(Subject);
    }

    [Fact]
    public async Task RememberedToken_IsRefused_OnceItsKeyIsNotAcceptedAnyMore()
    {
        string text = await RememberedAsync();

        _ring.Replace();

        (await ReadAsync(text)).Should().BeNull();
    }

    [Fact]
    public async Task RememberedToken_IsRefused_OnceItHasExpired()
    {
        string text = await RememberedAsync();

        _time.Advance(TimeSpan.FromHours(1));

        (await ReadAsync(text)).Should().BeNull();
    }

    [Fact]
    public async Task RememberedToken_IsRefused_WhereAnotherIssuerOrAudienceOrTypeIsDue()
    {
        string text = await RememberedAsync();

        (await ReadAsync(text, issuer: "https://two.example")).Should().BeNull();
        (await ReadAsync(text, audience: "https://two.example")).Should().BeNull();
        (await ReadAsync(text, type: "mcp-session+jwt")).Should().BeNull();
        (await ReadAsync(text)).Should().Be(Subject);
    }

    [Fact]
    public async Task RememberedToken_ExcusesNoOtherText()
    {
        string text = await RememberedAsync();
        string another = Sign("somebody else");

        (await ReadAsync(text[..^1] + (text[^1] == 'A' ? 'B' : 'A') + "A")).Should().BeNull();
        (await ReadAsync(another[..another.LastIndexOf('.')] + text[text.LastIndexOf('.')..])).Should().BeNull();
    }

    [Fact]
    public async Task WrongToken_IsNotRemembered()
    {
        string text = Sign();

        (await ReadAsync(text, issuer: "https://two.example")).Should().BeNull();
        (await ReadAsync(text, issuer: "https://two.example")).Should().BeNull();
    }

    private async Task<string> RememberedAsync()
    {
        string text = Sign();
        (await ReadAsync(text)).Should().Be(Subject);
        return text;
    }

    private async Task<string?> ReadAsync(
        string text,
        string type = Type,
        string issuer = Issuer,
        string audience = Issuer
    ) =>
        _tokens.Open(text, type, token => token.Subject) is { } token
        && await _tokens.HoldsAsync(token, issuer, audience)
            ? token.Content
            : null;

    private string Sign(string subject = Subject)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = Type,
                Issuer = Issuer,
                Audience = Issuer,
                NotBefore = now,
                Expires = now.AddHours(1),
                Claims = new Dictionary<string, object> { ["sub"] = subject },
                SigningCredentials = _keys.Signing(),
            }
        );
    }

    /// <summary>A ring of one signing key.</summary>
    private sealed class Ring : IVault, IDisposable
    {
        private SigningKey _key = NewKey();

        public bool IsOpen => true;

        public void Replace()
        {
            _key.Rsa.Dispose();
            _key = NewKey();
        }

        public IReadOnlyList<SigningKey> SigningKeys(SigningPurpose purpose) => [_key];

        public AccountKey CreateAccountKey(EnvironmentId environment, AccountId account) =>
            throw new NotSupportedException();

        public byte[] Seal(AccountKey key, SealPlace place, Secret value) => throw new NotSupportedException();

        public Secret Open(AccountKey key, SealPlace place, ReadOnlyMemory<byte> sealedValue) =>
            throw new NotSupportedException();

        public byte[] Seal(SealPlace place, Secret value) => throw new NotSupportedException();

        public Secret Open(SealPlace place, ReadOnlyMemory<byte> sealedValue) => throw new NotSupportedException();

        public byte[] Mac(string purpose, ReadOnlySpan<byte> data) => throw new NotSupportedException();

        public void Dispose() => _key.Rsa.Dispose();

        private static SigningKey NewKey() =>
            new(RingKeyId.From(Guid.CreateVersion7()), IsActive: true, RSA.Create(2048));
    }
}
