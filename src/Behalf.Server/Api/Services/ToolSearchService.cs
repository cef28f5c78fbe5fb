using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Tools;
using Behalf.Wire.ToolSearch;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.ToolSearch</c>: finds tools by words among those a user may call now.</summary>
[Accepts(PrincipalKind.ServiceClient, PrincipalKind.UserSession)]
internal sealed class ToolSearchService(ITools tools, RequestSubjects subjects) : ToolSearch.ToolSearchBase
{
    private const int Usual = 8;
    private const int Most = 25;

    public override async Task<SearchToolsResponse> SearchTools(SearchToolsRequest request, ServerCallContext context)
    {
        ActingSubject subject = await subjects.ResolveAsync(context, request.Identifier);
        IReadOnlyList<ScopedTool> found = await tools.SearchAsync(
            subject,
            request.Query,
            request.Limit == 0 ? Usual : (int)Math.Min(request.Limit, Most),
            context.CancellationToken
        );
        SearchToolsResponse response = new();
        response.Tools.AddRange(
            found.Select(one => new FoundTool
            {
                Tool = ToolWire.ToWire(one.Tool),
                Connector = one.Account.ConnectionName.Value,
            })
        );
        return response;
    }
}
