using Behalf.Authorization;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Verifications;
using Grpc.Core;

namespace Behalf.Server.Api.Services;

/// <summary><c>behalf.v1.Verifications</c>: the application's no to the person who came back, or to a link.</summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class VerificationsService(IAuthorization authorization) : Verifications.VerificationsBase
{
    public override async Task<RefuseVerificationResponse> Refuse(
        RefuseVerificationRequest request,
        ServerCallContext context
    )
    {
        (
            await authorization.RefuseAsync(
                context.Principal(),
                request.AuthRequestId,
                Identifier.Parse(request.Identifier),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new RefuseVerificationResponse();
    }

    public override async Task<WithdrawLinkResponse> Withdraw(WithdrawLinkRequest request, ServerCallContext context)
    {
        Uri link = Uri.TryCreate(request.Link, UriKind.Absolute, out Uri? given)
            ? given
            : throw context.Refuse(Problem.Invalid("link", "url", "is not an absolute URL"));
        (await authorization.WithdrawAsync(context.Principal(), link, context.CancellationToken)).OrThrow(context);
        return new WithdrawLinkResponse();
    }
}
