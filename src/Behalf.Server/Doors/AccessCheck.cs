using Behalf.Server.Hosting;

namespace Behalf.Server.Doors;

/// <summary>Deny by default: a server with an endpoint that does not say who may call it does not start.</summary>
internal static class AccessCheck
{
    public static void Require(IEnumerable<Endpoint> endpoints)
    {
        List<string> undeclared =
        [
            .. endpoints
                .Where(endpoint => endpoint.Metadata.GetMetadata<IAccessDeclaration>() is null)
                .Select(endpoint => endpoint.DisplayName ?? endpoint.ToString() ?? "(unnamed)"),
        ];
        if (undeclared.Count > 0)
        {
            throw new StartupException(
                $"These endpoints do not declare which credentials they accept: {string.Join(", ", undeclared)}."
            );
        }
    }
}
