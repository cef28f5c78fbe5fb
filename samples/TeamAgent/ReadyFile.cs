using System.Text.Json;

namespace TeamAgent;

/// <summary>Tells whoever started us where we listen; written in one move, so it is whole or not there.</summary>
internal static class ReadyFile
{
    public static async Task WriteAsync(string? path, string url)
    {
        Console.WriteLine($"Team agent listens on {url}");
        if (path is null)
        {
            return;
        }

        string draft = path + ".new";
        await File.WriteAllTextAsync(draft, JsonSerializer.Serialize(new { url }));
        File.Move(draft, path, overwrite: true);
    }
}
