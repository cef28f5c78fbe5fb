using System.Collections.Frozen;
using Behalf.Events;
using Behalf.Wire.Events;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api;

/// <summary>Events in the envelope of the contract: public facts about a connected account.</summary>
internal static class EventWire
{
    private const string SpecVersion = "1";
    private const string ConnectionFact = "connection";

    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        [EventTypes.AccountCreated] = "Connected account created",
        [EventTypes.AccountUpdated] = "Connected account updated",
        [EventTypes.AccountStatusUpdated] = "Connected account status updated",
        [EventTypes.AccountDeleted] = "Connected account deleted",
        [EventTypes.LinkGenerated] = "Authorization link generated",
        [EventTypes.OAuthTokensFetched] = "OAuth tokens fetched",
        [EventTypes.OAuthSucceeded] = "OAuth succeeded",
        [EventTypes.TokenRefreshSucceeded] = "Token refresh succeeded",
        [EventTypes.TokenRefreshFailed] = "Token refresh failed",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static ScalekitEvent ToWire(StoredEvent stored)
    {
        ScalekitEvent wire = new()
        {
            SpecVersion = SpecVersion,
            Id = stored.Id.ToString(),
            Type = stored.Event.Type,
            OccurredAt = stored.OccurredAt.ToTimestamp(),
            EnvironmentId = stored.Event.Environment.ToString(),
            Object = ObjectType.ConnectedAccount,
            Data = DataOf(stored),
            DisplayName = Names.GetValueOrDefault(stored.Event.Type, stored.Event.Type),
        };
        if (stored.OrganizationId is { } organization)
        {
            wire.OrganizationId = organization;
        }

        return wire;
    }

    private static Struct DataOf(StoredEvent stored)
    {
        Struct data = new();
        foreach ((string name, string value) in stored.Event.Data)
        {
            data.Fields[name == ConnectionFact ? "connection_name" : name] = Value.ForString(value);
        }

        data.Fields["connection_id"] = Value.ForString(stored.Connection?.ToString() ?? string.Empty);
        data.Fields["provider"] = Value.ForString(stored.Connector ?? string.Empty);
        data.Fields["authorization_type"] = Value.ForString("OAUTH");
        return data;
    }
}
