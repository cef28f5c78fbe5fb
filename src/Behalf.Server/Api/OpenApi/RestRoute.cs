using System.Text.RegularExpressions;
using Behalf.Identity;
using Behalf.Server.Doors;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using HttpRule = Google.Api.HttpRule;

namespace Behalf.Server.Api.OpenApi;

/// <summary>One way to call a method over REST, as the endpoint that answers it was mapped.</summary>
/// <param name="Verb">In upper case.</param>
/// <param name="Path">Of the rule, with its parameters in braces by field path.</param>
/// <param name="Body"><c>*</c>, a field of the request, or empty.</param>
/// <param name="Kinds">Which credentials are accepted.</param>
/// <param name="IsAvailable">False: the contract has the method and this server does not; it answers 501.</param>
internal sealed partial record RestRoute(
    string Verb,
    string Path,
    string Body,
    MethodDescriptor Method,
    IReadOnlyList<PrincipalKind> Kinds,
    bool IsAvailable
)
{
    /// <value>Field paths that stand in the path.</value>
    public IReadOnlyList<string> PathFields { get; } =
    [.. Parameter().Matches(Path).Select(m => m.Groups["field"].Value)];

    /// <summary>Every transcoded route there is, in the order of paths.</summary>
    public static IReadOnlyList<RestRoute> Of(IEnumerable<Endpoint> endpoints) =>
        [
            .. endpoints
                .Select(Of)
                .OfType<RestRoute>()
                .OrderBy(route => route.Path, StringComparer.Ordinal)
                .ThenBy(route => route.Verb, StringComparer.Ordinal),
        ];

    private static RestRoute? Of(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not { } transcoding)
        {
            return null;
        }

        (string verb, string template) = VerbAndPath(transcoding.HttpRule);
        return new RestRoute(
            verb,
            Parameter().Replace(template, "{${field}}"),
            transcoding.HttpRule.Body,
            transcoding.MethodDescriptor,
            endpoint.Metadata.GetMetadata<IAccessDeclaration>() is AcceptsAttribute accepts ? accepts.Kinds : [],
            IsOverridden(endpoint, transcoding.MethodDescriptor)
        );
    }

    private static (string Verb, string Path) VerbAndPath(HttpRule rule) =>
        rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            _ => throw new InvalidOperationException($"A rule for {rule.Selector} has no verb that OpenAPI knows."),
        };

    private static bool IsOverridden(Endpoint endpoint, MethodDescriptor method) =>
        endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { ServiceType: { } service }
        && service.GetMethod(method.Name)?.DeclaringType == service;

    /// <summary><c>{field}</c> or <c>{field=pattern}</c>.</summary>
    [GeneratedRegex(@"\{(?<field>[a-z0-9_.]+)(=[^}]*)?\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();
}
