using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>As behind a transaction pooler: each transaction on another session, nothing prepared.</summary>
public sealed class PostgreSqlWalksBehindAPooler : WalkSuite
{
    protected override async Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) =>
        await PostgreSqlUnderTest.OpenAsync(
            $"{await PostgreSqlServer.CreateDatabaseAsync()};Pooling=false;Max Auto Prepare=0",
            time
        );
}
