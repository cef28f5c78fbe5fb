namespace Behalf.Sandbox.Endpoints;

internal static class CustomFieldEndpoints
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/workspaces/{workspace_gid}/custom_fields", List);
        routes.Get("/custom_fields/{custom_field_gid}", Get);
    }

    private static ApiAnswer List(ApiCall call)
    {
        var workspace = call.Target<Workspace>("workspace_gid");
        RequirePlan(call, workspace);
        return call.Page(call.Store.All<CustomField>().Where(f => f.Workspace == workspace));
    }

    private static ApiAnswer Get(ApiCall call)
    {
        var field = call.Target<CustomField>("custom_field_gid");
        RequirePlan(call, field.Workspace);
        return call.One(field);
    }

    private static void RequirePlan(ApiCall call, Workspace workspace)
    {
        if (!workspace.IsPremium || !AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.PlanRequired("Custom Fields are not available for free users or guests.");
        }
    }
}
