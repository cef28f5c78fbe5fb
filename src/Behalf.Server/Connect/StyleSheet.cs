using Behalf.Server.Doors;

namespace Behalf.Server.Connect;

/// <summary>A style sheet from the assembly: pages hold no inline style.</summary>
internal sealed class StyleSheet
{
    private readonly byte[] _css;

    private StyleSheet(string name) => _css = Read(name);

    public static StyleSheet Connect { get; } = new("connect.css");

    public static StyleSheet Reference { get; } = new("reference.css");

    [OpenToAll("A style sheet.")]
    public Task ServeAsync(HttpContext http)
    {
        http.Response.ContentType = "text/css; charset=utf-8";
        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.Body.WriteAsync(_css, http.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using Stream stream =
            typeof(StyleSheet).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The style sheet {name} is not in the assembly.");
        byte[] css = new byte[stream.Length];
        stream.ReadExactly(css);
        return css;
    }
}
