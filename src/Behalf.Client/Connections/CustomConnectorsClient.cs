using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.Providers;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>A provider that this environment describes itself; its tools are custom tools.</summary>
/// <param name="DisplayName">Letters, digits and spaces, 1–200 characters; the slug is made of it.</param>
/// <param name="BaseUrl">The API's, https.</param>
/// <param name="AuthPatterns">How credentials come about, one object per way, as <c>docs/custom-connectors.md</c> says.</param>
public sealed record CustomConnector(string DisplayName, Uri BaseUrl, JsonArray AuthPatterns)
{
    public string Description { get; init; } = "";

    /// <value>Whether the provider's API can be called through the proxy. Default false.</value>
    public bool ProxyEnabled { get; init; }
}

/// <summary>A provider as the catalogue lists it.</summary>
/// <param name="IsCustom">True: described by this environment.</param>
public sealed record CatalogConnector(string Slug, string DisplayName, string Description, bool IsCustom);

/// <summary>The catalogue of providers, and those that this environment describes itself.</summary>
public sealed class CustomConnectorsClient
{
    private const uint PageSize = 30;

    private readonly Rpc<AccessToken> _rpc;
    private readonly ProviderService.ProviderServiceClient _providers;

    internal CustomConnectorsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _providers = new ProviderService.ProviderServiceClient(invoker);
    }

    /// <summary>All there are, the bundled ones among them.</summary>
    public IAsyncEnumerable<CatalogConnector> ListAsync(CancellationToken cancellationToken = default) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListProvidersRequest { PageSize = PageSize, PageToken = page };
                var response = await _rpc.CallAsync(options => _providers.ListProvidersAsync(request, options), token)
                    .ConfigureAwait(false);
                return (response.Providers.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <exception cref="ArgumentException">The patterns hold a number that cannot be sent exactly.</exception>
    public async Task<CatalogConnector> AddAsync(
        CustomConnector connector,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(connector);
        var request = new CreateCustomProviderRequest
        {
            Provider = new CreateCustomProvider
            {
                DisplayName = connector.DisplayName,
                Description = connector.Description,
                ProxyUrl = connector.BaseUrl.OriginalString,
                ProxyEnabled = connector.ProxyEnabled,
                AuthPatterns = Patterns(connector),
            },
        };
        var response = await _rpc.CallAsync(
                options => _providers.CreateCustomProviderAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return Read(response.Provider);
    }

    /// <summary>Replaces everything, for connections added from then on; those there keep the revision they pinned.</summary>
    /// <exception cref="ArgumentException">The patterns hold a number that cannot be sent exactly.</exception>
    public async Task<CatalogConnector> ChangeAsync(
        string slug,
        CustomConnector connector,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(connector);
        var request = new UpdateCustomProviderRequest
        {
            Identifier = slug,
            Provider = new UpdateCustomProvider
            {
                DisplayName = connector.DisplayName,
                Description = connector.Description,
                ProxyUrl = connector.BaseUrl.OriginalString,
                ProxyEnabled = connector.ProxyEnabled,
                AuthPatterns = Patterns(connector),
            },
        };
        var response = await _rpc.CallAsync(
                options => _providers.UpdateCustomProviderAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return Read(response.Provider);
    }

    /// <exception cref="BehalfException">Among others: a connection uses it.</exception>
    public async Task RemoveAsync(string slug, CancellationToken cancellationToken = default)
    {
        var request = new DeleteProviderRequest { Identifier = slug };
        await _rpc.CallAsync(options => _providers.DeleteCustomProviderAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
    }

    private static ListValue Patterns(CustomConnector connector)
    {
        const string Name = "auth_patterns";
        var (value, problem) = StructJson.ToStruct(new JsonObject { [Name] = connector.AuthPatterns.DeepClone() });
        return problem is null
            ? value!.Fields[Name].ListValue
            : throw new ArgumentException(problem, nameof(connector));
    }

    private static CatalogConnector Read(Provider provider) =>
        new(provider.Identifier, provider.DisplayName, provider.Description, provider.IsCustom);
}
