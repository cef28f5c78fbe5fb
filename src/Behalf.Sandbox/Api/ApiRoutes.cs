using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Api;

internal delegate ApiAnswer ApiHandler(ApiCall call);

/// <summary>
/// The operations the practice Asana carries out. Every one must be in the published table, which also says which scopes
/// it needs; operations of the table that are missing here answer 501 once the scopes allow them.
/// </summary>
internal sealed class ApiRoutes
{
    public const string Base = "/api/1.0";

    private readonly Dictionary<(string Method, string Path), ApiHandler> _handlers = [];

    public void Get(string path, ApiHandler handler) => _handlers.Add(("GET", path), handler);

    public void Post(string path, ApiHandler handler) => _handlers.Add(("POST", path), handler);

    public void Put(string path, ApiHandler handler) => _handlers.Add(("PUT", path), handler);

    public void Delete(string path, ApiHandler handler) => _handlers.Add(("DELETE", path), handler);

    /// <summary>Puts something around the handler that is there.</summary>
    public void Replace(string method, string path, Func<ApiHandler, ApiHandler> around) =>
        _handlers[(method, path)] = around(_handlers[(method, path)]);

    public ApiHandler? Find(Operation operation) => _handlers.GetValueOrDefault((operation.Method, operation.Path));

    /// <value>Operations of the table that would answer 501.</value>
    public IEnumerable<string> Missing =>
        OperationTable.All.Where(operation => Find(operation) is null).Select(operation => operation.Id);

    public void MapTo(IEndpointRouteBuilder app, ApiPipeline pipeline)
    {
        foreach (var operation in OperationTable.All)
        {
            var handler = _handlers.GetValueOrDefault((operation.Method, operation.Path), NotOffered);
            app.MapMethods(
                Base + operation.Path,
                [operation.Method],
                (HttpContext http) => pipeline.RunAsync(http, operation, handler)
            );
        }
        var strangers = _handlers.Keys.Where(k => OperationTable.Find(k.Method, k.Path) is null).ToList();
        if (strangers.Count > 0)
        {
            throw new InvalidOperationException($"Not in the operation table: {string.Join(", ", strangers)}.");
        }
        app.Map(Base + "/{**rest}", (HttpContext http) => ApiPipeline.RefuseAsync(http, Refusal.NoRoute()));
    }

    private static ApiAnswer NotOffered(ApiCall call) =>
        throw new Refusal(501, "The practice Asana does not offer this operation.");
}
