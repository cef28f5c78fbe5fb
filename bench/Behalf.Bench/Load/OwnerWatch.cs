using System.Text;
using System.Text.RegularExpressions;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Load;

/// <summary>
/// One more client beside the load, at a few requests a second: reads whole answers and sees that each names the owner it
/// asked for. A fast wrong answer fails the run.
/// </summary>
internal sealed partial class OwnerWatch(string address, IReadOnlyList<Shot> shots)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <returns>How many answers were looked at.</returns>
    /// <exception cref="StageException">An answer was another user's, or none.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using HttpClient client = new() { BaseAddress = new Uri(address) };
        int looked = 0;
        int first = Random.Shared.Next(900_000_000);
        while (!cancellationToken.IsCancellationRequested)
        {
            await LookAsync(client, shots[looked % shots.Count].Numbered(first + looked));
            looked++;
            await Task.Delay(Pause, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return looked;
    }

    private static async Task LookAsync(HttpClient client, Shot shot)
    {
        using HttpRequestMessage request = new(new HttpMethod(shot.Method), shot.Path);
        if (shot.Body.Length > 0)
        {
            request.Content = new StringContent(shot.Body, Encoding.UTF8, "application/json");
        }

        foreach ((string name, string value) in shot.Headers.Where(h => h.Key != "Content-Type"))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        string body = await response.Content.ReadAsStringAsync(CancellationToken.None);
        if (!response.IsSuccessStatusCode || body.Contains("\"isError\":true", StringComparison.Ordinal))
        {
            throw new StageException($"{shot.Path} answered {(int)response.StatusCode}: {body}");
        }

        string[] owners = [.. Owner().Matches(body).Select(match => match.Groups[1].Value).Distinct()];
        if (shot.Owner is not null && (owners is not [{ } owner] || owner != shot.Owner))
        {
            throw new StageException($"{shot.Path} was asked as {shot.Owner} and answered: {body}");
        }
    }

    // As JSON and as JSON in a string.
    [GeneratedRegex("""\\?"owner\\?":\s*\\?"([^"\\]*)""")]
    private static partial Regex Owner();
}
