using System.Text.Json.Nodes;
using Behalf.Connectors;

namespace Behalf.Import.Tests;

public sealed class ImportTests
{
    [Fact]
    public void Tools_AreNamedHintedAndDescribed_AsTheDocumentSays()
    {
        ConnectorDefinition library = Imported.Definition(Imported.Of("library-3.0.yaml"));

        library.Slug.Should().Be("acmelibrary");
        library.BaseUrl.Should().Be(new Uri("https://api.library.example"));
        library.BasePath.Should().Be("/v2");
        library.Auth.Kind.Should().Be(CredentialKind.ApiKey);
        library.Auth.Header.Should().Be("X-Library-Key");
        library
            .Tools.Select(tool => (tool.Name, tool.Hints))
            .Should()
            .BeEquivalentTo([
                ("list_books", ToolHints.ReadOnly),
                ("create_book", ToolHints.None),
                ("get_book", ToolHints.ReadOnly),
                ("update_book", ToolHints.None),
                ("delete_book", ToolHints.Destructive | ToolHints.Idempotent),
                ("lend_book", ToolHints.None),
                ("get_files_file_name_json", ToolHints.ReadOnly),
                ("invite_member", ToolHints.ChangesAccess),
                ("cancel_loans", ToolHints.Destructive),
            ]);
        ToolDefinition list = Tool(library, "list_books");
        list.Title.Should().Be("List books");
        list.Description.Should().Be("List books. Lists the books of the library, the newest first.");
        list.Category.Should().Be("books");
    }

    [Fact]
    public void AnOperation_OfWhichTheDocumentSaysNothing_IsDescribedByItsRequest()
    {
        ImportedConnector imported = Imported.ValueOf(
            Imported.OfText(
                """
                {"openapi":"3.0.3","info":{"title":"Terse","version":"1"},"servers":[{"url":"https://api.acme.example"}],
                 "components":{"securitySchemes":{"k":{"type":"apiKey","in":"header","name":"X-Key"}}},"security":[{"k":[]}],
                 "paths":{"/a":{"get":{"operationId":"d","responses":{}}}}}
                """
            )
        );

        Tool(Imported.Definition(imported), "d").Description.Should().Be("d. Calls GET /a.");
    }

    [Fact]
    public void WhatCannotBeATool_IsLeftOut_WithItsReason()
    {
        ImportedConnector imported = Imported.Of("library-3.0.yaml");

        imported
            .LeftOut.ToDictionary(one => one.Operation, one => one.Reason)
            .Should()
            .BeEquivalentTo(
                new Dictionary<string, string>
                {
                    ["uploadCover"] = "it takes a file",
                    ["login"] = "it needs 'password', which no model is asked for",
                    ["compare"] =
                        "its path has the segment '{base}...{head}', which is no literal with at most one slot",
                    ["old"] = "it is deprecated",
                    ["elsewhere"] = "it is at a server of its own",
                    ["remote"] =
                        "it refers to another document (https://evil.example/parameters.yaml#/x), and none is fetched",
                    ["partner"] = "it takes another credential",
                }
            );
        imported.Files["README.md"].Should().Contain("uploadCover").And.Contain("it takes a file");
    }

    [Fact]
    public void Arguments_AreClosedAndBounded_AndNoneNamesAUserOrACredential()
    {
        JsonObject input = Tool(Imported.Definition(Imported.Of("library-3.0.yaml")), "list_books").InputSchema;

        input["additionalProperties"]!.GetValue<bool>().Should().BeFalse();
        input["properties"]!
            .AsObject()
            .Select(property => property.Key)
            .Should()
            .Equal("title", "sort", "ids", "labels", "filter_year", "filter_author", "target_user_id", "X-Trace");
        input["properties"]!["title"]!["maxLength"]!.GetValue<int>().Should().Be(200);
        input["properties"]!["sort"]!["description"]!.GetValue<string>().Should().Be("Default: title.");
        input["properties"]!["labels"]!["maxItems"]!.GetValue<int>().Should().Be(10);
        input["properties"]!["ids"]!["maxItems"]!.GetValue<int>().Should().Be(100);
    }

    [Fact]
    public void Bodies_BecomeArguments_WithReferencesFollowedAndPartsJoined()
    {
        ConnectorDefinition library = Imported.Definition(Imported.Of("library-3.0.yaml"));

        JsonObject created = Tool(library, "create_book").InputSchema;
        created["required"]!.AsArray().Select(name => name!.GetValue<string>()).Should().Equal("title");
        created["properties"]!
            .AsObject()
            .Select(property => property.Key)
            .Should()
            .Equal("title", "year", "shelf", "part_of", "owner", "tags", "extra", "anything");
        created["properties"]!["owner"]!["properties"]!
            .AsObject()
            .Select(property => property.Key)
            .Should()
            .Equal("target_user_id", "share");
        created["properties"]!["shelf"]!["anyOf"]!.AsArray().Should().HaveCount(2);
        Tool(library, "update_book").InputSchema["properties"]!["note"]!["type"]!
            .AsArray()
            .Select(type => type!.GetValue<string>())
            .Should()
            .Equal("string", "null");
        Tool(library, "cancel_loans").InputSchema["required"]!
            .AsArray()
            .Select(name => name!.GetValue<string>())
            .Should()
            .Contain("confirm");
    }

    [Fact]
    public void OAuth_BringsScopesAndEndpoints_AndWhatNamesNoScopeIsLeftOut()
    {
        ImportedConnector imported = Imported.Of("tickets-3.1.json");
        ConnectorDefinition tickets = Imported.Definition(imported);

        tickets.OAuth.AuthorizePath.Should().Be("/authorize");
        tickets.OAuth.TokenPath.Should().Be("https://token.tickets.example/oauth/token");
        tickets.OAuth.AuthorizeParameters["audience"].Should().Be("tickets");
        tickets.OAuth.DefaultScopes.Values.Should().BeEquivalentTo("tickets.read", "tickets.write");
        tickets.BasePattern!.Text.Should().Be("https://{subdomain}.tickets.example");
        tickets.BasePath.Should().Be("/api");
        Tool(tickets, "tickets_close").NeededScopes.Values.Should().Equal("tickets.write");
        Tool(tickets, "tickets_close").Hints.Should().Be(ToolHints.Destructive);
        imported.LeftOut.Should().ContainSingle().Which.Operation.Should().Be("status");
        imported.Operations.Should().Be(3, "a slot between literals is no row of the table");
    }

    [Fact]
    public void AnotherScheme_IsTaken_WhenItIsNamed()
    {
        ImportedConnector imported = Imported.Of("tickets-3.1.json", new ImportChoice { Scheme = "basic" });
        ConnectorDefinition tickets = Imported.Definition(imported);

        tickets.Auth.Kind.Should().Be(CredentialKind.Basic);
        tickets.Auth.Fields.Should().Contain(field => field.Name == "subdomain" && field.IsSetting);
        imported.Tools.Should().Equal("tickets_list", "status");
    }

    [Fact]
    public void Swagger_IsReadLikeOpenApi()
    {
        ImportedConnector imported = Imported.Of("notes-2.0.yaml");
        ConnectorDefinition notes = Imported.Definition(imported);

        imported.Format.Should().Be("2.0");
        imported.Tools.Should().BeEquivalentTo("notes_list", "notes_create", "notes_label");
        imported.LeftOut.Should().ContainSingle().Which.Reason.Should().Be("it takes a file");
        JsonNode created = Tool(notes, "notes_create").InputSchema["properties"]!;
        created["title"]!["maxLength"]!.GetValue<int>().Should().Be(50);
        created["color"]!["enum"]!
            .AsArray()
            .Select(value => value!.GetValue<string>())
            .Should()
            .Equal("yes", "no", "on");
    }

    [Theory]
    [InlineData("getB*", 1)]
    [InlineData("GET *", 3)]
    [InlineData("* /books/{bookId}", 3)]
    [InlineData("*Book", 5)]
    public void OnlyWhatIsChosen_BecomesATool(string pattern, int tools)
    {
        Imported.Of("library-3.0.yaml", new ImportChoice { Operations = [pattern] }).Tools.Should().HaveCount(tools);
    }

    [Fact]
    public void Tags_Choose_WhateverTheirCase()
    {
        Imported
            .Of(
                "library-3.0.yaml",
                new ImportChoice
                {
                    Tags = ["LOANS"],
                    Slug = "loans",
                    Name = "Loans",
                }
            )
            .Tools.Should()
            .Equal("lend_book", "cancel_loans");
    }

    [Fact]
    public void Names_OfOperationsAreToldApart_AndCutToFit()
    {
        string paths = string.Join(
            ",",
            (
                (string[])
                    ["getThing", "get_thing", "get-thing", new string('x', 80), new string('x', 81), "9lives", "日本"]
            ).Select(
                (id, index) =>
                    $$"""
                        "/p{{index}}": {"get": {"operationId": "{{id}}", "summary": "Something to read"} }
                        """
            )
        );
        Result<ImportedConnector> read = Imported.OfText(
            $$"""{"openapi": "3.0.0", "info": {"title": "X"}, "servers": [{"url": "https://x.example"}], "paths": { {{paths}} } }"""
        );

        Imported
            .ValueOf(read)
            .Tools.Should()
            .Equal(
                "get_thing",
                "get_thing_2",
                "get_thing_3",
                new string('x', 43),
                new string('x', 39) + "_2",
                "call_9lives",
                "call"
            );
    }

    private static ToolDefinition Tool(ConnectorDefinition definition, string name) =>
        definition.Tools.Single(tool => tool.Name == name);
}
