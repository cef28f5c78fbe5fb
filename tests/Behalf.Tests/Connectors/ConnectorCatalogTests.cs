using Behalf.Connectors;
using Behalf.Tests.Tools.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Behalf.Tests.Connectors;

public sealed class ConnectorCatalogTests : IDisposable
{
    private readonly MemoryRevisions _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("behalf-connectors-").FullName;

    private IConnectorCatalog Catalog()
    {
        ServiceCollection services = new();
        services.AddSingleton<IConnectorRevisionStore>(_store);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddConnectors();
        services.Configure<BehalfOptions>(options => options.ConnectorsFolder = _folder);
        return services.BuildServiceProvider().GetRequiredService<IConnectorCatalog>();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task WriteAsync(string path, string text)
    {
        string file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, text, Token);
    }

    private const string Tool = """
        tools:
          - name: NAME
            title: Read
            category: things
            description: Reads the things of the tracker.
            hints: [read_only]
            scopes: [things]
        """;

    [Fact]
    public async Task Seeding_StoresEachFolderOnce_WithItsFilesInOrder()
    {
        await WriteAsync("tracker/connector.yaml", ToolBench.Definition(""));
        await WriteAsync("tracker/tools/20.yaml", Tool.Replace("NAME", "second", StringComparison.Ordinal));
        await WriteAsync("tracker/tools/10.yaml", Tool.Replace("NAME", "first", StringComparison.Ordinal));
        await WriteAsync("tracker/fixtures/not.yaml", "ignored: true");
        await WriteAsync("notes/README.md", "no connector");

        await Catalog().SeedAsync(Token);
        await Catalog().SeedAsync(Token);

        _store.Rows.Should().ContainSingle();
        ConnectorDefinition definition = (await Catalog().FindLatestAsync(null, "tracker", Token))!;
        definition.Tools.Select(tool => tool.Name).Should().Equal("first", "second");
        (await Catalog().GetAsync(definition.Revision, Token)).Slug.Should().Be("tracker");
        (await Catalog().FindLatestAsync(null, "other", Token)).Should().BeNull();
    }

    [Fact]
    public async Task Seeding_ReadsNothing_WhenTheDocumentIsTheOneStoredLast()
    {
        await WriteAsync("tracker/connector.yaml", ToolBench.Definition(""));
        await Catalog().SeedAsync(Token);

        await Catalog().SeedAsync(Token);
        _store.Puts.Should().Be(1);

        await WriteAsync("tracker/tools/10.yaml", "tools:\n  - nam: x\n");
        Func<Task> seeding = () => Catalog().SeedAsync(Token);
        await seeding
            .Should()
            .ThrowAsync<InvalidOperationException>("another document is read whole before it is stored");
    }

    [Fact]
    public async Task Definition_IsReadOnce_ForAllWhoWait()
    {
        string document = ToolBench.Definition(Tool.Replace("NAME", "first", StringComparison.Ordinal));
        string revision = Digest.Of(document).Hex;
        _store.Rows[revision] = ("tracker", document);
        IConnectorCatalog catalog = Catalog();

        ConnectorDefinition[] read = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => catalog.GetAsync(revision, Token).AsTask())
        );

        read.Distinct(ReferenceEqualityComparer.Instance).Should().ContainSingle();
        _store.Finds.Should().Be(1);
    }

    [Fact]
    public async Task Warming_ReadsWhatConnectionsPin_AndGoesOnPastWhatItCannotRead()
    {
        string document = ToolBench.Definition(Tool.Replace("NAME", "first", StringComparison.Ordinal));
        _store.Rows[new string('0', 64)] = ("broken", "format: 2\n");
        _store.Rows[Digest.Of(document).Hex] = ("tracker", document);
        IConnectorCatalog catalog = Catalog();

        await catalog.WarmAsync(Token);
        int finds = _store.Finds;
        await catalog.GetAsync(Digest.Of(document).Hex, Token);

        _store.Finds.Should().Be(finds);
    }

    [Fact]
    public async Task Seeding_NamesFileAndLine_OfABrokenFolder()
    {
        await WriteAsync("tracker/connector.yaml", ToolBench.Definition(""));
        await WriteAsync("tracker/tools/10.yaml", "tools:\n  - nam: x\n");

        Func<Task> seeding = () => Catalog().SeedAsync(Token);

        await seeding
            .Should()
            .ThrowAsync<InvalidOperationException>()
            .WithMessage("*tracker*tools/10.yaml line 2*'nam'*");
        _store.Rows.Should().BeEmpty();
    }

    [Fact]
    public async Task StoredDocument_IsRefused_WhenItWasAltered()
    {
        string document = ToolBench.Definition(Tool.Replace("NAME", "first", StringComparison.Ordinal));
        string revision = Digest.Of(document).Hex;
        _store.Rows[revision] = ("tracker", document.Replace("Reads", "Leaks", StringComparison.Ordinal));

        Func<Task> reading = async () => await Catalog().GetAsync(revision, Token);

        await reading.Should().ThrowAsync<InvalidOperationException>().WithMessage("*altered*");
    }

    [Fact]
    public async Task UnknownRevision_IsABug_NotADefault()
    {
        Func<Task> reading = async () => await Catalog().GetAsync(new string('0', 64), Token);

        await reading.Should().ThrowAsync<InvalidOperationException>().WithMessage("*not stored*");
    }

    [Fact]
    public void Definition_IsAProblem_WhenItIsRefused()
    {
        Result<ConnectorDefinition> read = Catalog().Read("format: 2\n");

        read.Problem!.Code.Should().Be("invalid_definition");
        read.Problem.Message.Should().StartWith("line 1: ");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class MemoryRevisions : IConnectorRevisionStore
    {
        public Dictionary<string, (string Slug, string Document)> Rows { get; } = [];

        public Task PutAsync(
            string revision,
            string slug,
            string document,
            string origin,
            CancellationToken cancellationToken
        )
        {
            Puts++;
            Rows.TryAdd(revision, (slug, document));
            return Task.CompletedTask;
        }

        public int Puts { get; private set; }

        public int Finds => _finds;

        private int _finds;

        public Task<string?> FindAsync(string revision, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _finds);
            return Task.FromResult(Rows.TryGetValue(revision, out var row) ? row.Document : null);
        }

        public Task<IReadOnlyList<(string Slug, string Revision)>> ListLatestAsync(
            CancellationToken cancellationToken
        ) => Task.FromResult<IReadOnlyList<(string, string)>>([.. Rows.Select(row => (row.Value.Slug, row.Key))]);

        public Task<IReadOnlyList<string>> ListPinnedAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([.. Rows.Keys]);

        public Task<IReadOnlyList<(string Slug, string Revision)>> ListOwnAsync(
            EnvironmentId environment,
            CancellationToken cancellationToken
        ) => Task.FromResult<IReadOnlyList<(string, string)>>([]);

        public Task<bool> SetOwnAsync(
            EnvironmentId environment,
            string slug,
            string? expected,
            string revision,
            string document,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException("The catalogue only reads.");

        public Task<string?> RemoveOwnAsync(
            EnvironmentId environment,
            string slug,
            Traces traces,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException("The catalogue only reads.");
    }
}
