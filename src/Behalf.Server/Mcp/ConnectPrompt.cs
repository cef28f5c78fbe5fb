using Behalf.Mcp;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// Asks the person to connect an account, in the form the client can handle: an input-required result (2026-07-28), error
/// -32042 (the revision before), or words with a link. The link leads to our own page, grants nothing by itself, and the
/// account becomes active only once the person there is known to be the one of this call.
/// </summary>
internal sealed class ConnectPrompt(RequestStates states)
{
    private const string Url = "url";

    public CallToolResult Ask(
        McpVisit visit,
        RequestContext<CallToolRequestParams> call,
        ConnectionName connection,
        string link,
        Problem problem
    )
    {
        string key = $"connect_{connection}";
        string? answered = RequestStates.ActionOf(states.AnswerTo(visit, call.Params!, key));
        if (answered is "decline" or "cancel")
        {
            return ToolResults.Failed(
                $"The person did not want to connect \"{connection}\" now. Nothing was called. Go on without it, or ask whether to try again."
            );
        }

        // "accept" means that the page was opened, not that the account is connected: then it is told in words, or the
        // client would be asked over and over.
        if (answered is null && ClientAbilities.OpensUrls(call))
        {
            ElicitRequestParams ask = new()
            {
                Mode = Url,
                Url = link,
                Message = $"Connect your \"{connection}\" account to continue.",
            };
            if (!ClientAbilities.HasInputRequests(call))
            {
                ask.ElicitationId = Guid.NewGuid().ToString();
                throw new UrlElicitationRequiredException(problem.Message, [ask]);
            }

            throw new InputRequiredException(
                new Dictionary<string, InputRequest> { [key] = InputRequest.ForElicitation(ask) },
                states.Seal(visit, call.Params!)
            );
        }

        return ToolResults.Failed(
            $"{problem.Message} Give the person this link to connect \"{connection}\": {link} (it works once, for a few minutes). When that is done, call the tool again."
        );
    }
}
