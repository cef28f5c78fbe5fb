using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.PostgreSql.Tests;

// The behaviour suite of all databases, on this one: the log of calls, events and MCP servers.

public sealed class PostgreSqlExecutions : ExecutionSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlEvents : EventSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlMcp : McpSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}
