using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Behalf.Connectors.Steps;
using Behalf.Import.Documents;

namespace Behalf.Import;

/// <summary>A security scheme as the head of a definition: what a person grants or types in.</summary>
/// <param name="Name">The document's name of it; empty: the document has none and a token is assumed.</param>
/// <param name="Key"><c>oauth</c> or <c>auth</c>.</param>
/// <param name="Value">What stands under the key.</param>
/// <param name="Rank">Of those that about as many operations accept the lowest is taken.</param>
internal sealed record Credential(string Name, string Key, JsonObject Value, int Rank)
{
    public bool IsOAuth => Key == "oauth";

    /// <summary>Whether a parameter of this name only repeats what the credential brings along.</summary>
    public bool Brings(string parameter) =>
        parameter.ToLowerInvariant() is "authorization" or "token" or "access_token"
            ? IsOAuth || Value["type"]!.GetValue<string>() == "bearer"
            : (Value["header"] ?? Value["query"])?.GetValue<string>() is { } own
                && own.Equals(parameter, StringComparison.OrdinalIgnoreCase);

    /// <summary>The scopes an operation needs with this credential; null: it is not taken there.</summary>
    public IReadOnlyList<string>? ScopesOf(ApiOperation operation)
    {
        if (operation.Security.Count == 0 || Name.Length == 0)
        {
            return [];
        }

        IReadOnlyList<(string Scheme, IReadOnlyList<string> Scopes)>? fits = operation.Security.FirstOrDefault(needed =>
            needed.Count == 1 && needed[0].Scheme == Name
        );
        return fits is not null ? fits[0].Scopes
            : operation.Security.Any(needed => needed.Count == 0) ? []
            : null;
    }
}

/// <summary>Reads a document's security schemes and chooses one.</summary>
internal static class Credentials
{
    /// <value>What people grant is preferred to what they copy, unless it is taken at far fewer operations.</value>
    private const double EnoughOfTheMost = 0.8;

    /// <exception cref="ImportFault">None of them is one that a connector can have, or the one named is not.</exception>
    public static Credential Choose(ApiDocument document, IReadOnlyList<ApiOperation> chosen, string? named)
    {
        List<Credential> known = [];
        Dictionary<string, string> unfit = new(StringComparer.Ordinal);
        foreach (JsonProperty scheme in Json.Members(Schemes(document)).Take(50))
        {
            try
            {
                known.Add(Read(scheme.Name, document.Follow(scheme.Value)));
            }
            catch (NotRepresentable reason)
            {
                unfit[scheme.Name] = reason.Message;
            }
        }

        if (named is not null)
        {
            return known.Find(one => one.Name == named)
                ?? throw new ImportFault(
                    unfit.TryGetValue(named, out string? why)
                        ? $"the scheme '{Words.Line(named, 60)}' cannot be used: {why}"
                        : $"there is no security scheme '{Words.Line(named, 60)}'; {Known(known)}"
                );
        }

        if (known.Count > 0)
        {
            int Covered(Credential one) => chosen.Count(operation => one.ScopesOf(operation) is not null);
            int most = known.Max(Covered);
            return known.Where(one => Covered(one) >= most * EnoughOfTheMost).OrderBy(one => one.Rank).First();
        }

        return unfit.Count > 0
            ? throw new ImportFault(
                $"none of its security schemes can be used: {string.Join("; ", unfit.Take(5).Select(one => $"{Words.Line(one.Key, 60)}: {one.Value}"))}"
            )
            : new Credential("", "auth", new JsonObject { ["type"] = "bearer" }, 0);
    }

    private static string Known(List<Credential> known) =>
        known.Count == 0
            ? "it has none that can be used"
            : $"it has {string.Join(", ", known.Take(10).Select(one => Words.Line(one.Name, 60)))}";

    private static JsonElement? Schemes(ApiDocument document) =>
        document.IsSwagger ? Json.Member(document.Root, "securityDefinitions")
        : Json.Member(document.Root, "components") is { } components ? Json.Member(components, "securitySchemes")
        : null;

    private static Credential Read(string name, JsonElement scheme) =>
        (Json.TextOf(scheme, "type"), Json.TextOf(scheme, "scheme")?.ToLowerInvariant()) switch
        {
            ("oauth2", _) => OAuth(name, scheme),
            ("http", "bearer") => Typed(name, "bearer", 2),
            ("http", "basic") or ("basic", _) => Typed(name, "basic", 4),
            ("apiKey", _) => Key(name, scheme),
            _ => throw new NotRepresentable("OAuth, bearer, basic and API keys are known, and it is something else"),
        };

    private static Credential Typed(string name, string type, int rank) =>
        new(name, "auth", new JsonObject { ["type"] = type }, rank);

    private static Credential Key(string name, JsonElement scheme)
    {
        string key = Json.TextOf(scheme, "name") ?? "";
        string place = Json.TextOf(scheme, "in") ?? "";
        if (
            place == "header"
            && !RequestReader.MaySet(key)
            && !key.Equals("authorization", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw new NotRepresentable($"'{Words.Line(key, 40)}' is no header that may carry a key");
        }

        return place switch
        {
            "header" => new Credential(name, "auth", new JsonObject { ["type"] = "api_key", ["header"] = key }, 3),
            "query" => new Credential(name, "auth", new JsonObject { ["type"] = "api_key", ["query"] = key }, 5),
            _ => throw new NotRepresentable("a key in a cookie is a browser's"),
        };
    }

    private static Credential OAuth(string name, JsonElement scheme)
    {
        JsonElement? flows = Json.Member(scheme, "flows");
        JsonElement? code =
            flows is { } three ? Json.Member(three, "authorizationCode")
            : Json.TextOf(scheme, "flow") == "accessCode" ? scheme
            : null;
        if (code is { } flow)
        {
            return new Credential(name, "oauth", Code(flow), 1);
        }

        JsonElement? client =
            flows is { } some ? Json.Member(some, "clientCredentials")
            : Json.TextOf(scheme, "flow") == "application" ? scheme
            : null;
        return client is { } own
            ? new Credential(
                name,
                "oauth",
                new JsonObject
                {
                    ["grant"] = "client_credentials",
                    ["origin"] = Address(own, "tokenUrl").GetLeftPart(UriPartial.Authority),
                    ["token_path"] = Address(own, "tokenUrl").AbsolutePath,
                },
                6
            )
            : throw new NotRepresentable("its OAuth flow is neither authorization code nor client credentials");
    }

    private static JsonObject Code(JsonElement flow)
    {
        Uri authorize = Address(flow, "authorizationUrl");
        Uri token = Address(flow, "tokenUrl");
        string origin = authorize.GetLeftPart(UriPartial.Authority);
        JsonObject oauth = new()
        {
            ["origin"] = origin,
            ["authorize_path"] = authorize.AbsolutePath,
            ["token_path"] =
                token.GetLeftPart(UriPartial.Authority) == origin
                    ? token.AbsolutePath
                    : token.GetLeftPart(UriPartial.Path),
        };
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(authorize.Query);
        JsonObject parameters = [];
        foreach (string key in query.AllKeys.OfType<string>().Take(10))
        {
            if (key is not ("client_id" or "redirect_uri" or "response_type" or "scope" or "state"))
            {
                parameters[key] = query[key];
            }
        }

        if (parameters.Count > 0)
        {
            oauth["authorize_parameters"] = parameters;
        }

        return oauth;
    }

    private static Uri Address(JsonElement flow, string key) =>
        Uri.TryCreate(Json.TextOf(flow, key), UriKind.Absolute, out Uri? uri)
        && uri.Scheme == Uri.UriSchemeHttps
        && uri.UserInfo.Length == 0
            ? uri
            : throw new NotRepresentable($"its '{key}' is no https address");
}
