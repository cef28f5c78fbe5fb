using Behalf.Server.Api.OpenApi.Pages;
using Behalf.Server.Connect;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Server.Api.OpenApi;

/// <summary>The document, and the same as a page for people. Neither says anything of this installation.</summary>
internal static class OpenApiDoor
{
    public const string DocumentPath = "/openapi/v1.json";

    public static void AddOpenApiDoor(this IServiceCollection services) => services.TryAddSingleton<OpenApiDocument>();

    public static void MapOpenApiDoor(this IEndpointRouteBuilder app)
    {
        app.MapGet(DocumentPath, ServeAsync).WithDisplayName("OpenAPI document");
        app.MapGet("/reference", ShowAsync).WithDisplayName("reference");
        app.MapGet("/reference/style.css", StyleAsync).WithDisplayName("reference style sheet");
    }

    [OpenToAll("Describes the API, which is public.")]
    private static Task ServeAsync(HttpContext http, OpenApiDocument document)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.Headers.CacheControl = "public, max-age=300";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.ContentLength = document.Json.Length;
        return http.Response.Body.WriteAsync(document.Json, http.RequestAborted).AsTask();
    }

    [OpenToAll("Describes the API, which is public.")]
    private static Task ShowAsync(HttpContext http, OpenApiDocument document)
    {
        PageHeaders.Set(http.Response);
        return new RazorComponentResult<ReferencePage>(
            new Dictionary<string, object?> { [nameof(ReferencePage.Book)] = ReferenceBook.Of(document.Document) }
        ).ExecuteAsync(http);
    }

    [OpenToAll("A style sheet.")]
    private static Task StyleAsync(HttpContext http) => StyleSheet.Reference.ServeAsync(http);
}
