using Behalf.Client.Internal;
using Behalf.Wire.People;
using Google.Protobuf;
using Grpc.Core;
using Proto = Behalf.Wire.People;

namespace Behalf.Client;

/// <summary>Someone who signs in at Behalf's own pages.</summary>
/// <param name="Name">To sign in with, and the identifier that tools act for.</param>
/// <param name="Issuer">Of the identity provider; null: of the local directory.</param>
public sealed record SignInPerson(
    string Name,
    string DisplayName,
    IReadOnlyList<string> Groups,
    string? Issuer,
    bool HasOneTimePassword,
    bool IsEnabled,
    DateTimeOffset? CreatedAt
);

public sealed record NewSignInPerson
{
    public required string Name { get; init; }

    /// <value>Null: the name.</value>
    public string? DisplayName { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <value>At least twelve characters.</value>
    public required SecretText Password { get; init; }

    /// <value>Of a time-based one-time password (RFC 6238), 16 to 64 bytes; null: none is asked for.</value>
    public ReadOnlyMemory<byte>? TotpKey { get; init; }
}

/// <summary>What to change about a person; what is left out stays.</summary>
public sealed record SignInPersonChange
{
    public string? DisplayName { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    /// <value>Ends all sessions.</value>
    public SecretText? Password { get; init; }

    /// <value>False ends all sessions.</value>
    public bool? IsEnabled { get; init; }

    public ReadOnlyMemory<byte>? TotpKey { get; init; }

    public bool RemoveTotp { get; init; }
}

/// <summary>People who sign in at Behalf's own pages, such as those of MCP clients.</summary>
public sealed class PeopleClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Proto.People.PeopleClient _people;
    private readonly string _environment;

    internal PeopleClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _people = new Proto.People.PeopleClient(invoker);
        _environment = environment;
    }

    public async Task<SignInPerson> AddAsync(NewSignInPerson person, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(person);
        var request = new AddPersonRequest
        {
            Environment = _environment,
            Name = person.Name,
            DisplayName = person.DisplayName ?? "",
            Password = person.Password.Reveal(),
            TotpKey = Bytes(person.TotpKey),
        };
        request.Groups.AddRange(person.Groups);
        return Read(
            await _rpc.CallAsync(options => _people.AddPersonAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<IReadOnlyList<SignInPerson>> ListAsync(CancellationToken cancellationToken = default)
    {
        var request = new ListPeopleRequest { Environment = _environment };
        var response = await _rpc.CallAsync(options => _people.ListPeopleAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return [.. response.People.Select(Read)];
    }

    public async Task<SignInPerson> ChangeAsync(
        string name,
        SignInPersonChange change,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdatePersonRequest
        {
            Environment = _environment,
            Name = name,
            NoGroups = change.Groups is { Count: 0 },
            TotpKey = Bytes(change.TotpKey),
            RemoveTotp = change.RemoveTotp,
        };
        request.Groups.AddRange(change.Groups ?? []);
        if (change.DisplayName is not null)
        {
            request.DisplayName = change.DisplayName;
        }
        if (change.Password is not null)
        {
            request.Password = change.Password.Reveal();
        }
        if (change.IsEnabled is { } enabled)
        {
            request.Enabled = enabled;
        }
        return Read(
            await _rpc.CallAsync(options => _people.UpdatePersonAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>Ends sign-in, sessions and what was allowed to clients, and removes the user with all accounts.</summary>
    public Task RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        var request = new RemovePersonRequest { Environment = _environment, Name = name };
        return _rpc.CallAsync(options => _people.RemovePersonAsync(request, options), cancellationToken);
    }

    private static ByteString Bytes(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } given ? ByteString.CopyFrom(given.Span) : ByteString.Empty;

    private static SignInPerson Read(Person person) =>
        new(
            person.Name,
            person.DisplayName,
            [.. person.Groups],
            person.Issuer.Length == 0 ? null : person.Issuer,
            person.OneTimePassword,
            person.Enabled,
            person.CreatedAt?.ToDateTimeOffset()
        );
}
