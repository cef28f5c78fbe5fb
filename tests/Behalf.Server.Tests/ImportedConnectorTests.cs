using System.Text.Json;
using Behalf.Connectors;
using Behalf.Import;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>An OpenAPI document becomes a connector of a running server, and its tools call the provider as the user.</summary>
public sealed class ImportedConnectorTests(Stage stage) : IClassFixture<Stage>
{
    private const string Key = "key-of-alice-0123456789";

    [Fact]
    public async Task ImportedTools_CallTheProvider_AsTheUserWithTheDocumentsNames()
    {
        stage.Provider.UserOfKey = request => request.Headers["X-Library-Key"] == Key ? "alice" : null;
        await AddAsync("acmelibrary");
        Person alice = stage.NewPerson("alice-library");
        Page sent = await alice.SubmitAsync(await stage.LinkAsync("alice-library", "acmelibrary"), ("api_key", Key));
        sent.Status.Should().Be(303, sent.Body);
        (await stage.VerifyAsync(alice.RequestIdOf(sent), "alice-library")).Status.Should().Be(200);

        int before = stage.Provider.Received.Count;
        await OkAsync(
            "list_books",
            """{"title":"Dune & co","ids":[4,2],"labels":["a","b"],"filter_author":"Herbert","target_user_id":"u1"}"""
        );
        await OkAsync("create_book", """{"title":"Dune","owner":{"target_user_id":"u1","share":0.5},"tags":["x"]}""");
        await OkAsync("update_book", """{"bookId_placeholder":0}""", expected: 400);
        await OkAsync("update_book", """{"book_id":7,"note":null}""");
        await OkAsync("get_files_file_name_json", """{"file_name":"a b"}""");
        await OkAsync(
            "lend_book",
            """{"book_id":7,"X-Desk":"4","until":"2026-12-01","notes":["x","y"],"borrower_name":"Bob"}"""
        );
        await OkAsync("cancel_loans", """{"body":[1,2]}""", expected: 400);
        await OkAsync("cancel_loans", """{"body":[1,2],"confirm":true}""");

        stage
            .Provider.Received.Skip(before)
            .Where(request => request.Endpoint == "api")
            .Select(request => $"{request.Method} {request.Path} {request.Text}".TrimEnd())
            .Should()
            .Equal(
                "GET /api/v2/books?title=Dune%20%26%20co&ids=4%2C2&labels=a&labels=b&filter%5Bauthor%5D=Herbert&user_id=u1",
                """POST /api/v2/books {"title":"Dune","owner":{"user_id":"u1","share":0.5},"tags":["x"]}""",
                """PATCH /api/v2/books/7 {"note":null}""",
                "GET /api/v2/files/a%20b.json",
                "POST /api/v2/books/7/loans.json until=2026-12-01&notes%5B%5D=x&notes%5B%5D=y&borrower%5Bname%5D=Bob",
                "POST /api/v2/loans/search [1,2]"
            );
    }

    [Fact]
    public async Task AConnector_IsReplacedByItsOwner_AndNotByAnybodyElse()
    {
        string document = Document("notes-2.0.yaml");
        (await PutAsync(document)).Status.Should().Be(200);
        Reply again = await PutAsync(document.Replace("List notes", "List all notes", StringComparison.Ordinal));
        again.Status.Should().Be(200, again.Body);
        again.Body.Should().Contain("List all notes");

        (await PutAsync("format: 1\nslug: tracker\n")).Body.Should().Contain("invalid_definition");
        (await PutAsync(TrackerConnector.Yaml)).ErrorCode.Should().Be("name_taken");
        (await PutAsync(document, stage.Server.OperatorToken)).Status.Should().Be(403);
        JsonElement session = await stage.Server.SessionAsync("alice-notes");
        (await PutAsync(document, session.GetProperty("token").GetString()!)).Status.Should().Be(403);
    }

    private async Task AddAsync(string slug)
    {
        Reply put = await PutAsync(Document("library-3.0.yaml"));
        put.Status.Should().Be(200, put.Body);
        put.Json.GetProperty("slug").GetString().Should().Be(slug);
        Reply added = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connections",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { connector = slug, base_url = $"{stage.Provider.Origin}/api" })
        );
        added.Status.Should().Be(200, added.Body);
    }

    private async Task OkAsync(string tool, string arguments, int expected = 200)
    {
        Reply done = await stage.ExecuteAsync(
            "alice-library",
            $"acmelibrary_{tool}",
            JsonDocument.Parse(arguments).RootElement
        );
        done.Status.Should().Be(expected, done.Body);
    }

    private Task<Reply> PutAsync(string document, string? token = null) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/connectors",
            token ?? stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { document })
        );

    private static string Document(string file)
    {
        Result<ImportedConnector> read = ConnectorImport.Read(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Documents", file)),
            new ImportChoice()
        );
        return read.Succeeded
            ? ConnectorFolder.Join(read.Value.Files)
            : throw new InvalidOperationException(read.Problem.Message);
    }
}
