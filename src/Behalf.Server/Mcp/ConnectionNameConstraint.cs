namespace Behalf.Server.Mcp;

/// <summary>A part of a path that could be the name of a connection; anything else is no endpoint.</summary>
internal sealed class ConnectionNameConstraint : IRouteConstraint
{
    public const string Name = "connection_name";

    public bool Match(
        HttpContext? httpContext,
        IRouter? route,
        string routeKey,
        RouteValueDictionary values,
        RouteDirection routeDirection
    ) => ConnectionName.TryParse(values[routeKey] as string, out _, out _);
}
