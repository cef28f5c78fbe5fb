using System.Text.Json.Nodes;
using Behalf.Import.Documents;
using Behalf.Import.Writing;

namespace Behalf.Import;

/// <summary>Writes the head of the definition: names, address, credential, and what the statuses of a plain API mean.</summary>
internal sealed class HeadWriter
{
    private const string Comment = """
        # Made by `behalf connector import`. Names, hints and what errors mean are guessed from the document: read them before
        # the first user connects (docs/connector-format.md).

        """;

    private static readonly (string Status, string Kind, bool Quote)[] Errors =
    [
        ("400", "invalid_input", true),
        ("401", "reconnect_required", false),
        ("402", "plan_required", false),
        ("403", "no_permission", false),
        ("404", "not_found_or_no_access", false),
        ("410", "not_found_or_no_access", false),
        ("409", "invalid_input", true),
        ("422", "invalid_input", true),
        ("429", "rate_limited", false),
        ("4xx", "provider_error", false),
        ("5xx", "provider_error", false),
    ];

    private readonly Credential _credential;
    private readonly ServerAddress _address;
    private readonly string _description;

    public HeadWriter(ApiDocument document, Credential credential, ServerAddress address, ImportChoice choice)
    {
        _credential = credential;
        _address = address;
        string title = Json.Member(document.Root, "info") is { } info ? Json.TextOf(info, "title") ?? "" : "";
        string name = Words.Line(choice.Name ?? title, 60);
        Slug = choice.Slug ?? ConnectorImport.SlugOf(name);
        Name = name.Length > 0 ? name : Slug;
        string text = Json.Member(document.Root, "info") is { } about ? Json.TextOf(about, "description") ?? "" : "";
        string line = Words.Line(text, 200);
        _description = line.Length > 0 ? line : Name;
        List<string> notes = [];
        if (credential.Name.Length == 0)
        {
            notes.Add(
                "The document names no security scheme: a bearer token is assumed. Change `auth` in connector.yaml where that is wrong."
            );
        }

        if (credential is { IsOAuth: true })
        {
            notes.Add(
                "Register the redirect URI that `behalf connection add` prints; check PKCE, refresh and revocation in `oauth`: documents do not tell them."
            );
        }

        Notes = notes;
    }

    public string Slug { get; }

    public string Name { get; }

    public IReadOnlyList<string> Notes { get; }

    /// <value>False: the credential's document names no scope for any of the tools.</value>
    public bool HasScopes { get; set; }

    /// <param name="scopes">All that the tools need.</param>
    public string Text(IReadOnlyList<string> scopes)
    {
        JsonObject credential = (JsonObject)_credential.Value.DeepClone();
        if (_credential.IsOAuth)
        {
            if (HasScopes)
            {
                credential["default_scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]);
            }
            else
            {
                credential["has_scopes"] = false;
            }
        }
        else if (_address.Slots.Count > 0)
        {
            credential["fields"] = new JsonArray([
                .. _address.Slots.Select(slot => new JsonObject
                {
                    ["name"] = slot,
                    ["label"] = slot.Replace('_', ' '),
                    ["setting"] = true,
                }),
            ]);
        }

        JsonObject requests = [];
        if (_address.BasePath.Length > 0)
        {
            requests["base_path"] = _address.BasePath;
        }

        requests["message"] =
            "=body.message || body.error.message || body.errors[0].message || body.error_description || body.error || body.detail";
        requests["errors"] = new JsonArray([.. Errors.Select(Rule)]);
        JsonObject head = new()
        {
            ["format"] = 1,
            ["slug"] = Slug,
            ["name"] = Name,
            ["description"] = _description,
            ["base_url"] = _address.BaseUrl,
            [_credential.Key] = credential,
            ["requests"] = requests,
        };
        return Comment.ReplaceLineEndings("\n") + YamlText.Of(head);
    }

    private static JsonObject Rule((string Status, string Kind, bool Quote) error)
    {
        JsonObject rule = new() { ["status"] = error.Status, ["kind"] = error.Kind };
        if (error.Quote)
        {
            rule["quote"] = true;
        }

        return rule;
    }
}
