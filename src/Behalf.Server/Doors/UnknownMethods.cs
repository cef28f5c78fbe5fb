namespace Behalf.Server.Doors;

/// <summary>A gRPC method of a service we do not have: UNIMPLEMENTED with details, as every error has them.</summary>
internal static class UnknownMethods
{
    public static void UseUnknownMethods(this IApplicationBuilder app) =>
        app.Use(
            (http, next) =>
                http.GetEndpoint() is null && ProblemAnswer.IsGrpc(http)
                    ? ProblemAnswer.WriteAsync(http, ProblemStatus.Unimplemented("This method"))
                    : next(http)
        );
}
