namespace Behalf.Egress;

/// <summary>Says in our own words what went wrong: the framework's messages hold addresses.</summary>
internal static class EgressFailures
{
    /// <param name="bodyStarted">Whether the body began to leave; null for a request without one.</param>
    public static EgressOutcome.Failed Classify(Exception failure, string host, bool? bodyStarted, bool timedOut)
    {
        if (Find<EgressRefusedException>(failure) is { } refused)
        {
            return new EgressOutcome.Failed(EgressFailure.Refused, MayHaveBeenSent: false, refused.Message);
        }

        if (timedOut)
        {
            return Failed(EgressFailure.TimedOut, $"{host} did not answer in time");
        }

        return failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => NotConnected(
                $"{host} has no address"
            ),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => NotConnected(
                $"no connection to {host} could be made"
            ),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => NotConnected(
                $"no trusted TLS connection to {host} could be made"
            ),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => Failed(
                EgressFailure.TooLarge,
                $"the headers of {host}'s answer are too large"
            ),
            // Neither the request's time nor its caller: the handler's own limit on connecting.
            OperationCanceledException => NotConnected($"no connection to {host} could be made in time"),
            _ => Failed(EgressFailure.Interrupted, $"the connection to {host} ended before the whole answer came"),
        };

        EgressOutcome.Failed Failed(EgressFailure kind, string description) =>
            new(kind, bodyStarted ?? true, description);

        // A request without a body counts as sent from its beginning, unless no connection was ever made for it.
        EgressOutcome.Failed NotConnected(string description) =>
            new(EgressFailure.NotConnected, bodyStarted ?? false, description);
    }

    private static T? Find<T>(Exception? failure)
        where T : Exception
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is T found)
            {
                return found;
            }
        }

        return null;
    }
}
