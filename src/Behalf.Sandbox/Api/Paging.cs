using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Sandbox.Api;

/// <summary>
/// Opaque offsets, bound to the caller and to every other parameter of the request, and good for fifteen minutes.
/// </summary>
internal sealed class Paging(TimeProvider time)
{
    /// <summary>Unpaged reads past this many objects are refused.</summary>
    public const int UnpagedLimit = 1000;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public (IReadOnlyList<Entity> Page, JsonObject? NextPage) Cut(ApiCall call, IReadOnlyList<Entity> items)
    {
        var limit = call.Limit();
        var binding = Binding(call);
        var from = call.Query("offset") is { } offset ? Open(offset, binding, items) : 0;
        if (limit is null)
        {
            return items.Count - from <= UnpagedLimit
                ? (items.Skip(from).ToList(), null)
                : throw Refusal.BadRequest(
                    "The result is too large. You should use pagination (may require specifying a workspace)!"
                );
        }
        var page = items.Skip(from).Take(limit.Value).ToList();
        return from + page.Count >= items.Count
            ? (page, null)
            : (page, NextPage(call, binding, page[^1].Gid, limit.Value));
    }

    private JsonObject NextPage(ApiCall call, string binding, string lastGid, int limit)
    {
        var offset = Seal(lastGid, binding);
        var others = call
            .Http.Request.Query.Where(q => q.Key is not ("offset" or "limit"))
            .Select(q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value.ToString())}");
        var query = string.Join('&', [.. others, $"limit={limit}", $"offset={offset}"]);
        var path = $"{call.Http.Request.Path.Value?["/api/1.0".Length..]}?{query}";
        return new JsonObject
        {
            ["offset"] = offset,
            ["path"] = path,
            ["uri"] = $"{call.Origin}/api/1.0{path}",
        };
    }

    private string Seal(string lastGid, string binding)
    {
        var expiry = (time.GetUtcNow() + Life).ToUnixTimeSeconds();
        var content = $"{lastGid}.{expiry}";
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{content}.{Mac(content, binding)}"));
    }

    private int Open(string offset, string binding, IReadOnlyList<Entity> items)
    {
        var invalid = Refusal.BadRequest("offset: Your pagination token is invalid.");
        if (offset.Length > 400 || !Base64Url.IsValid(offset))
        {
            throw invalid;
        }
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(offset)).Split('.');
        if (
            parts.Length != 3
            || !string.Equals(Mac($"{parts[0]}.{parts[1]}", binding), parts[2], StringComparison.Ordinal)
            || long.Parse(parts[1]) < time.GetUtcNow().ToUnixTimeSeconds()
        )
        {
            throw invalid;
        }
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Gid == parts[0])
            {
                return i + 1;
            }
        }
        // The object at the seam has left the list meanwhile.
        throw invalid;
    }

    private string Mac(string content, string binding) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{content}\n{binding}")));

    private static string Binding(ApiCall call)
    {
        var parameters = call
            .Http.Request.Query.Where(q => q.Key is not ("offset" or "limit" or "opt_fields" or "opt_pretty"))
            .OrderBy(q => q.Key, StringComparer.Ordinal)
            .Select(q => $"{q.Key}={q.Value}");
        return string.Join('\n', [call.User.Gid, call.Http.Request.Path.Value ?? "", .. parameters]);
    }
}
