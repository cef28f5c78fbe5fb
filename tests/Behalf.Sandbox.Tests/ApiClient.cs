using System.Text;
using System.Text.Json.Nodes;

namespace Behalf.Sandbox.Tests;

public sealed record ApiResponse(int Status, string Text, Uri? Location, string? RetryAfter)
{
    public JsonNode Json => JsonNode.Parse(Text)!;
    public JsonNode Data => Json["data"]!;
    public string Message => Json["errors"]![0]!["message"]!.GetValue<string>();

    /// <summary>The gids of a list, in order.</summary>
    public IReadOnlyList<string> Gids => [.. Data.AsArray().Select(i => i!["gid"]!.GetValue<string>())];

    public static async Task<ApiResponse> ReadAsync(HttpResponseMessage answer) =>
        new(
            (int)answer.StatusCode,
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            answer.Headers.Location,
            answer.Headers.RetryAfter?.ToString()
        );
}

/// <summary>One user's calls under <c>/api/1.0</c>.</summary>
public sealed class ApiClient(HttpClient http)
{
    public Task<ApiResponse> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<ApiResponse> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    /// <param name="data">Goes into the envelope.</param>
    public Task<ApiResponse> PostAsync(string path, JsonObject data) =>
        SendAsync(HttpMethod.Post, path, new JsonObject { ["data"] = data }.ToJsonString());

    /// <param name="data">Goes into the envelope.</param>
    public Task<ApiResponse> PutAsync(string path, JsonObject data) =>
        SendAsync(HttpMethod.Put, path, new JsonObject { ["data"] = data }.ToJsonString());

    public async Task<ApiResponse> SendAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, "/api/1.0" + path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return await ApiResponse.ReadAsync(answer);
    }

    public async Task<ApiResponse> UploadAsync(string parent, string name, string content)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(parent), "parent" },
            { new StringContent(content), "file", name },
        };
        using var answer = await http.PostAsync(
            new Uri("/api/1.0/attachments", UriKind.Relative),
            form,
            TestContext.Current.CancellationToken
        );
        return await ApiResponse.ReadAsync(answer);
    }
}
