using Behalf.Wire.Errdetails;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace Behalf.Server.Doors;

/// <summary>Message types that may stand inside an <c>Any</c>: every error detail we send, or JSON cannot be written.</summary>
internal static class WireTypes
{
    public static TypeRegistry Errors { get; } =
        TypeRegistry.FromFiles(ErrdetailsReflection.Descriptor, ErrorDetailsReflection.Descriptor);
}
