using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Providers;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary>
/// <c>scalekit.v1.providers.ProviderService</c>: the catalogue, and an environment's own connectors. Bundled connectors are
/// folders that the operator of the installation puts there: no call changes them.
/// </summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class ProviderService(IConnectorCatalog catalog, ICustomConnectors custom, PageTokens pages)
    : Wire.Providers.ProviderService.ProviderServiceBase
{
    private const int MaxPageSize = 100;

    public override async Task<ListProvidersResponse> ListProviders(
        ListProvidersRequest request,
        ServerCallContext context
    )
    {
        EnvironmentId environment = context.Environment();
        IReadOnlySet<string> own = await custom.NamesAsync(environment, context.CancellationToken);
        ProviderType type = request.Filter?.ProviderType ?? ProviderType.All;
        List<ConnectorDefinition> found =
        [
            .. (await catalog.ListAsync(environment, context.CancellationToken)).Where(connector =>
                (type == ProviderType.All || own.Contains(connector.Slug) == (type == ProviderType.Custom))
                && (
                    request.Identifier.Length == 0
                    || connector.Slug.Equals(request.Identifier, StringComparison.OrdinalIgnoreCase)
                )
            ),
        ];
        int offset = pages.ReadOffset(context, request, request.PageToken);
        int size = request.PageSize is 0 or > MaxPageSize ? MaxPageSize : (int)request.PageSize;
        ListProvidersResponse response = new() { TotalSize = (uint)found.Count };
        response.Providers.AddRange(
            found.Skip(offset).Take(size).Select(connector => ToWire(connector, own.Contains(connector.Slug)))
        );
        int next = offset + response.Providers.Count;
        response.NextPageToken = pages.Offset(context, request, next < found.Count ? next : null);
        response.PrevPageToken = pages.Offset(context, request, offset > 0 ? Math.Max(0, offset - size) : null);
        return response;
    }

    public override async Task<CreateProviderResponse> CreateCustomProvider(
        CreateCustomProviderRequest request,
        ServerCallContext context
    )
    {
        CreateCustomProvider given = request.Provider;
        CustomConnector wanted = Read(
            context,
            given.DisplayName,
            given.Description,
            given.ProxyUrl,
            given.ProxyEnabled,
            given.IconSrc,
            given.Metadata,
            given.AuthPatterns
        );
        ConnectorDefinition added = (
            await custom.AddAsync(context.Principal(), wanted, context.CancellationToken)
        ).OrThrow(context);
        return new CreateProviderResponse { Provider = ToWire(added, isCustom: true) };
    }

    public override async Task<UpdateProviderResponse> UpdateCustomProvider(
        UpdateCustomProviderRequest request,
        ServerCallContext context
    )
    {
        UpdateCustomProvider given = request.Provider;
        CustomConnector wanted = Read(
            context,
            given.DisplayName,
            given.Description,
            given.ProxyUrl,
            given.ProxyEnabled,
            given.IconSrc,
            given.Metadata,
            given.AuthPatterns
        );
        ConnectorDefinition changed = (
            await custom.ChangeAsync(
                context.Principal(),
                request.Identifier.ToLowerInvariant(),
                wanted,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new UpdateProviderResponse { Provider = ToWire(changed, isCustom: true) };
    }

    public override async Task<DeleteProviderResponse> DeleteCustomProvider(
        DeleteProviderRequest request,
        ServerCallContext context
    )
    {
        string slug = request.Identifier.ToLowerInvariant();
        (await custom.RemoveAsync(context.Principal(), slug, context.CancellationToken)).OrThrow(context);
        return new DeleteProviderResponse();
    }

    public override Task<CreateProviderResponse> CreateProvider(
        CreateProviderRequest request,
        ServerCallContext context
    ) => throw context.Refuse(Bundled());

    public override Task<UpdateProviderResponse> UpdateProvider(
        UpdateProviderRequest request,
        ServerCallContext context
    ) => throw context.Refuse(Bundled());

    public override Task<DeleteProviderResponse> DeleteProvider(
        DeleteProviderRequest request,
        ServerCallContext context
    ) => throw context.Refuse(Bundled());

    private static Problem Bundled() =>
        Problem.Forbidden(
            "bundled_connector",
            "Connectors of the whole installation are folders that its operator puts there. Define one for this environment with CreateCustomProvider."
        );

    private static CustomConnector Read(
        ServerCallContext context,
        string name,
        string description,
        string baseUrl,
        bool proxy,
        string icon,
        MapField<string, string> metadata,
        ListValue patterns
    )
    {
        AuthPattern pattern = AuthPatterns.Read(patterns).OrThrow(context);
        return new CustomConnector
        {
            Name = name,
            Description = description,
            BaseUrl = baseUrl,
            Listing = new ConnectorListing
            {
                Proxy = proxy,
                Icon = icon.Length == 0 ? null : icon,
                Metadata = new Dictionary<string, string>(metadata, StringComparer.Ordinal),
                UserInfoUrl = pattern.UserInfoUrl,
            },
            Auth = pattern.Auth,
            OAuth = pattern.OAuth,
        };
    }

    private static Provider ToWire(ConnectorDefinition connector, bool isCustom)
    {
        Provider wire = new()
        {
            Id = $"prv_{Digest.Of(connector.Slug).Hex[..26]}",
            Identifier = connector.Slug,
            DisplayName = connector.Name,
            Description = connector.Description,
            AuthPatterns = AuthPatterns.ToWire(connector),
            IconSrc = connector.Listing.Icon ?? string.Empty,
            ProxyUrl = connector.BaseUrl.OriginalString,
            ProxyEnabled = connector.Listing.Proxy,
            IsCustom = isCustom,
        };
        wire.Categories.AddRange(connector.Listing.Categories);
        wire.Metadata.Add(new Dictionary<string, string>(connector.Listing.Metadata));
        return wire;
    }
}
