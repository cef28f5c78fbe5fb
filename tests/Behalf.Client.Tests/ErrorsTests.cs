using Behalf.Client.Internal;
using Behalf.Wire.Errdetails;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client.Tests;

public sealed class ErrorsTests
{
    private static readonly Uri s_server = new("https://behalf.acme.com");

    [Fact]
    public void AToolError_IsToldInTheToolsOwnWords()
    {
        var info = new ErrorInfo
        {
            ErrorCode = "TOOL_ERROR",
            ToolErrorInfo = new ToolErrorInfo
            {
                ExecutionId = "exe_1",
                ToolErrorCode = "not_found_or_no_access",
                ToolErrorMessage = "There is no such project, or you have no access to it.",
            },
        };

        var error = Errors.Read(Refusal(StatusCode.NotFound, "tool failed", info), s_server);

        error.Kind.Should().Be(BehalfErrorKind.ToolError);
        error.Code.Should().Be("not_found_or_no_access");
        error.Message.Should().Be("There is no such project, or you have no access to it.");
        error.ExecutionId.Should().Be("exe_1");
    }

    [Fact]
    public void AProvidersUnauthenticated_IsNotTakenForOurs()
    {
        var info = new ErrorInfo { ErrorCode = "TOOL_ERROR" };

        Errors.IsUnauthenticated(Refusal(StatusCode.Unauthenticated, "no", info)).Should().BeFalse();
        Errors.IsUnauthenticated(Refusal(StatusCode.Unauthenticated, "no", new ErrorInfo())).Should().BeTrue();
        Errors
            .IsUnauthenticated(new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "")))
            .Should()
            .BeTrue();
    }

    [Theory]
    [InlineData("account_not_active", true)]
    [InlineData("scope_missing", true)]
    [InlineData("connection_changed", false)]
    public void AuthorizationRequired_IsKnownByItsCode(string code, bool needsAuthorization)
    {
        var info = new ErrorInfo { ErrorCode = code };

        var error = Errors.Read(Refusal(StatusCode.FailedPrecondition, "reconnect", info), s_server);

        error.Code.Should().Be(code);
        error.NeedsAuthorization.Should().Be(needsAuthorization);
    }

    [Fact]
    public void AnAuthorizationLink_IsTaken_WhenItIsAWebAddress()
    {
        var info = new ErrorInfo { ErrorCode = "account_not_active", HelpInfo = new HelpInfo() };
        info.HelpInfo.Links.Add(new HelpInfo.Types.Link { Url = "javascript:alert(1)" });
        info.HelpInfo.Links.Add(new HelpInfo.Types.Link { Url = "https://behalf.acme.com/magicLink/x" });

        var error = Errors.Read(Refusal(StatusCode.FailedPrecondition, "reconnect", info), s_server);

        error.AuthorizationLink.Should().Be(new Uri("https://behalf.acme.com/magicLink/x"));
    }

    [Fact]
    public void FieldViolations_AreHandedOn()
    {
        var info = new ErrorInfo { ErrorCode = "invalid_argument", ValidationErrorInfo = new ValidationErrorInfo() };
        info.ValidationErrorInfo.FieldViolations.Add(
            new ValidationErrorInfo.Types.FieldViolation
            {
                Field = "params.name",
                Description = "is required",
                Constraint = "required",
            }
        );

        var error = Errors.Read(Refusal(StatusCode.InvalidArgument, "bad", info), s_server);

        error.Violations.Should().Equal(new FieldViolation("params.name", "is required", "required"));
    }

    [Fact]
    public void AnUnreachableServer_IsNamed()
    {
        var exception = new RpcException(
            new Grpc.Core.Status(StatusCode.Unavailable, "", new HttpRequestException("Connection refused"))
        );

        var error = Errors.Read(exception, s_server);

        error.Code.Should().Be("unreachable");
        error.Message.Should().Contain("https://behalf.acme.com");
    }

    [Fact]
    public void ABareStatus_StillHasACode()
    {
        var error = Errors.Read(new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, "no")), s_server);

        error.Code.Should().Be("permission_denied");
        error.Kind.Should().Be(BehalfErrorKind.Forbidden);
        error.Message.Should().Be("no");
    }

    private static RpcException Refusal(StatusCode code, string message, ErrorInfo info)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(info));
        var trailers = new Metadata { { "grpc-status-details-bin", status.ToByteArray() } };
        return new RpcException(new Grpc.Core.Status(code, message), trailers);
    }
}
