using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <param name="VerifyMode"><c>application</c>, <c>hosted</c> or <c>none</c>.</param>
public sealed record EnvironmentDetails(
    string Id,
    string Slug,
    string Name,
    string PublicUrl,
    string VerifyMode,
    string DefaultVerifyUrl,
    DateTimeOffset? CreatedAt
);

public sealed record NewEnvironment
{
    /// <value>Small letters, digits and hyphens; at most 40.</value>
    public required string Slug { get; init; }

    public string? Name { get; init; }

    /// <value>An origin of its own; null: the installation's.</value>
    public string? PublicUrl { get; init; }

    /// <value><c>application</c> when null.</value>
    public string? VerifyMode { get; init; }

    public string? DefaultVerifyUrl { get; init; }
}

/// <summary>Environments; needs the operator credential.</summary>
public sealed class EnvironmentsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;

    internal EnvironmentsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
    }

    public async Task<EnvironmentDetails> AddAsync(
        NewEnvironment environment,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(environment);
        var request = new AddEnvironmentRequest
        {
            Slug = environment.Slug,
            Name = environment.Name ?? "",
            PublicUrl = environment.PublicUrl ?? "",
            VerifyMode = environment.VerifyMode ?? "",
            DefaultVerifyUrl = environment.DefaultVerifyUrl ?? "",
        };
        return Read(
            await _rpc.CallAsync(options => _administration.AddEnvironmentAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<IReadOnlyList<EnvironmentDetails>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _rpc.CallAsync(
                options => _administration.ListEnvironmentsAsync(new ListEnvironmentsRequest(), options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Environments.Select(Read)];
    }

    private static EnvironmentDetails Read(Proto.Environment environment) =>
        new(
            environment.Id,
            environment.Slug,
            environment.Name,
            environment.PublicUrl,
            environment.VerifyMode,
            environment.DefaultVerifyUrl,
            Instant.Read(environment.CreatedAt)
        );
}
