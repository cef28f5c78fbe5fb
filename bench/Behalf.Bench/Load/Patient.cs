using System.Diagnostics;
using System.Text;

namespace Behalf.Bench.Load;

/// <summary>One caller who asks for what may take seconds: the next when the answer before is there, three at least.</summary>
internal sealed class Patient(IReadOnlyList<Shot> shots) : IGenerator
{
    private const int Least = 3;

    public async Task<Seen> RunAsync(string address, int connections, TimeSpan length)
    {
        using HttpClient client = new() { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(2) };
        int first = Random.Shared.Next(900_000_000);
        List<double> times = [];
        long failed = 0;
        long began = Stopwatch.GetTimestamp();
        while (times.Count + failed < Least || Stopwatch.GetElapsedTime(began) < length)
        {
            Shot shot = shots[times.Count % shots.Count].Numbered(first + times.Count);
            using HttpRequestMessage request = new(new HttpMethod(shot.Method), shot.Path);
            if (shot.Body.Length > 0)
            {
                request.Content = new StringContent(shot.Body, Encoding.UTF8, "application/json");
            }

            foreach ((string name, string value) in shot.Headers.Where(h => h.Key != "Content-Type"))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            long sent = Stopwatch.GetTimestamp();
            using HttpResponseMessage response = await client.SendAsync(request);
            await response.Content.ReadAsByteArrayAsync();
            if (response.IsSuccessStatusCode)
            {
                times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
            else
            {
                failed++;
            }
        }

        return Seen.Of(times, Stopwatch.GetElapsedTime(began).TotalSeconds, failed);
    }
}
