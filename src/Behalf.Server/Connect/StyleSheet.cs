using Behalf.Server.Doors;

namespace Behalf.Server.Connect;

/// <summary>The one style sheet, from the assembly: pages hold no inline style.</summary>
internal static class StyleSheet
{
    private static readonly byte[] Css = Read();

    [OpenToAll("A style sheet.")]
    public static Task Serve(HttpContext http)
    {
        http.Response.ContentType = "text/css; charset=utf-8";
        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.Body.WriteAsync(Css, http.RequestAborted).AsTask();
    }

    private static byte[] Read()
    {
        using Stream stream =
            typeof(StyleSheet).Assembly.GetManifestResourceStream("connect.css")
            ?? throw new InvalidOperationException("The style sheet is not in the assembly.");
        byte[] css = new byte[stream.Length];
        stream.ReadExactly(css);
        return css;
    }
}
