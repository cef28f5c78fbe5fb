using System.Globalization;
using Behalf.Connections;
using Behalf.Egress;
using Behalf.Identity;

namespace Behalf.Server.Commands.Doctor;

/// <summary>
/// Whether the providers of all connections answer, through the same door as calls: address rules, TLS, names. Sends no
/// credential; any answer will do. Their clocks tell whether ours is right.
/// </summary>
internal static class ReachChecks
{
    private const int MostOrigins = 200;
    private const int AtOnce = 8;
    private const int Page = 500;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(60);

    public static async Task<IReadOnlyList<Finding>> OfAsync(
        OfflineServices offline,
        CancellationToken cancellationToken
    )
    {
        Dictionary<Uri, List<string>> origins = await OriginsAsync(offline, cancellationToken);
        List<Finding> findings = [];
        if (origins.Count > MostOrigins)
        {
            findings.Add(Finding.Fine($"of {origins.Count} origins of connections the first {MostOrigins} are asked"));
        }

        IEgress egress = offline.Get<IEgress>();
        Finding[][] asked = new Finding[Math.Min(origins.Count, MostOrigins)][];
        KeyValuePair<Uri, List<string>>[] chosen =
        [
            .. origins.OrderBy(pair => pair.Key.AbsoluteUri, StringComparer.Ordinal).Take(MostOrigins),
        ];
        await Parallel.ForAsync(
            0,
            chosen.Length,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (i, token) => asked[i] = [.. await AskAsync(egress, chosen[i].Key, chosen[i].Value, token)]
        );
        return [.. findings, .. asked.SelectMany(some => some)];
    }

    private static async Task<Dictionary<Uri, List<string>>> OriginsAsync(
        OfflineServices offline,
        CancellationToken cancellationToken
    )
    {
        Dictionary<Uri, List<string>> origins = [];
        IConnectionStore connections = offline.Get<IConnectionStore>();
        foreach (
            DeploymentEnvironment environment in await offline.Get<IEnvironmentStore>().ListAsync(cancellationToken)
        )
        {
            Guid? after = null;
            do
            {
                Page<Connection> page = await connections.ListAsync(
                    environment.Id,
                    new PageRequest(Page, After: after),
                    cancellationToken
                );
                foreach (Connection connection in page.Items.Where(connection => connection.Enabled))
                {
                    foreach (
                        Uri origin in new[] { connection.BaseUrl, connection.OAuthUrl }.Select(OriginOf).Distinct()
                    )
                    {
                        origins.TryAdd(origin, []);
                        origins[origin].Add($"{environment.Slug}/{connection.Name.Value}");
                    }
                }

                after = page.Next;
            } while (after is not null);
        }

        return origins;
    }

    private static Uri OriginOf(Uri url) => new(url.GetLeftPart(UriPartial.Authority));

    private static async Task<IEnumerable<Finding>> AskAsync(
        IEgress egress,
        Uri origin,
        List<string> users,
        CancellationToken cancellationToken
    )
    {
        string name = $"{origin.Authority} (of {string.Join(", ", users.Take(3))}{(users.Count > 3 ? ", …" : "")})";
        if (origin.Host.Contains('{', StringComparison.Ordinal))
        {
            return [Finding.Fine($"{name}: a host for each account, not asked")];
        }

        EgressOutcome outcome = await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Get,
                Uri = origin,
                Origin = origin,
                Timeout = Timeout,
                MaxResponseBytes = 64 * 1024,
            },
            cancellationToken
        );
        return outcome switch
        {
            EgressOutcome.Answered answered => [Finding.Fine($"{name} answers"), .. ClockOf(name, answered)],
            EgressOutcome.Failed { Failure: EgressFailure.TooLarge } => [Finding.Fine($"{name} answers")],
            EgressOutcome.Failed failed =>
            [
                Finding.Wrong(
                    $"{name} cannot be reached: {failed.Description.TrimEnd('.')}. {NextStep(failed.Failure)}"
                ),
            ],
            _ => [],
        };
    }

    private static string NextStep(EgressFailure failure) =>
        failure == EgressFailure.Refused
            ? "Correct the connection's URLs; a private origin is allowed with Behalf:Egress:AllowedPrivateOrigins."
            : "Correct the connection's URLs, or this machine's way out: name service, firewall, trusted authorities.";

    private static IEnumerable<Finding> ClockOf(string name, EgressOutcome.Answered answer)
    {
        string? date = answer
            .Headers.FirstOrDefault(header => header.Key.Equals("Date", StringComparison.OrdinalIgnoreCase))
            .Value;
        if (
            DateTimeOffset.TryParseExact(
                date,
                "r",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset theirs
            )
            && (theirs - TimeProvider.System.GetUtcNow()).Duration() is var apart
            && apart > MostApart
        )
        {
            yield return Finding.Wrong(
                $"clock: this machine and {name} are {apart.TotalSeconds:0} s apart: set up time synchronisation"
            );
        }
    }
}
