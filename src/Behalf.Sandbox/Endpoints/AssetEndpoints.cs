namespace Behalf.Sandbox.Endpoints;

/// <summary>Where pre-signed download addresses lead. As with the real store, a bearer token spoils the request.</summary>
internal sealed class AssetEndpoints(ObjectStore store, DownloadLinks links)
{
    public void MapTo(IEndpointRouteBuilder app) => app.MapGet("/-/asset/{gid}", Download);

    private IResult Download(HttpRequest request, string gid, long expires, string signature)
    {
        if (request.Headers.Authorization.Count > 0)
        {
            return Results.Text("Only one auth mechanism allowed", statusCode: 400);
        }
        if (!links.IsValid(gid, expires, signature))
        {
            return Results.Text("Request has expired or the signature does not match", statusCode: 403);
        }
        lock (store.Gate)
        {
            return store.TryFind(gid, out var item) && item is Attachment attachment
                ? Results.File(attachment.Content, attachment.ContentType, attachment.Name)
                : Results.Text("There is no such file", statusCode: 404);
        }
    }
}
