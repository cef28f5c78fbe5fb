using Behalf.Identity;
using BenchmarkDotNet.Attributes;

namespace Behalf.MicroBench;

/// <summary>What the door does with an application's access token.</summary>
public class TokenBenchmarks
{
    private Rooms _rooms = null!;
    private TokenReader _reader = null!;
    private TokenReader _forgetful = null!;
    private string _token = string.Empty;

    [GlobalSetup]
    public async Task SetUp()
    {
        _rooms = await Rooms.OpenAsync();
        TimeProvider time = TimeProvider.System;
        _reader = _rooms.Get<TokenReader>();
        DateTimeOffset now = time.GetUtcNow();
        _token = _rooms
            .Get<TokenIssuer>()
            .Issue(
                new TokenContent
                {
                    Kind = PrincipalKind.ServiceClient,
                    Environment = _rooms.Environment.Id,
                    ClientId = "skc_00000000000000000000000000",
                    ClientEpoch = 1,
                },
                _rooms.Environment,
                now,
                now + TimeSpan.FromHours(1)
            )
            .AccessToken.RevealText();
        IterationSetUp();
    }

    [GlobalCleanup]
    public async Task CleanUp() => await _rooms.DisposeAsync();

    /// <summary>Nothing is remembered of the token.</summary>
    public void IterationSetUp() =>
        _forgetful = new TokenReader(
            new SignedTokens(_rooms.Get<TokenKeys>(), TimeProvider.System),
            _rooms.Get<Issuers>(),
            _rooms.Get<IEnvironmentStore>()
        );

    [Benchmark(Description = "token, seen before")]
    public async Task<bool> Again() => await _reader.ReadAsync(_token.AsMemory(), CancellationToken.None) is not null;

    [Benchmark(Description = "token, for the first time")]
    public async Task<bool> First()
    {
        IterationSetUp();
        return await _forgetful.ReadAsync(_token.AsMemory(), CancellationToken.None) is not null;
    }
}
