namespace Behalf.Sandbox.Endpoints;

internal static class PortfolioWriter
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/portfolios", Create);
        routes.Put("/portfolios/{portfolio_gid}", Update);
        routes.Delete("/portfolios/{portfolio_gid}", Delete);
        routes.Post("/portfolios/{portfolio_gid}/addItem", call => Item(call, add: true));
        routes.Post("/portfolios/{portfolio_gid}/removeItem", call => Item(call, add: false));
        routes.Post("/portfolios/{portfolio_gid}/addMembers", call => Members(call, add: true));
        routes.Post("/portfolios/{portfolio_gid}/removeMembers", call => Members(call, add: false));
        routes.Post("/portfolios/{portfolio_gid}/duplicate", Duplicate);
    }

    private static Portfolio Target(ApiCall call) => call.Target<Portfolio>("portfolio_gid", AccessLevel.Edit);

    private static ApiAnswer Create(ApiCall call)
    {
        call.Data.Only("name", "workspace", "color", "members", "public");
        var workspace = call.Readable<Workspace>("workspace", call.Data.RequiredGid("workspace"));
        if (!AccessRules.IsFullMember(call.User, workspace))
        {
            throw Refusal.RoleTooLow();
        }
        var members = call.Data.Gids("members").Select(who => call.MemberOf(workspace, "members", who)).ToList();
        var portfolio = New(call, workspace, call.Data.RequiredText("name"), call.Data.Text("color"));
        members.ForEach(user => portfolio.Members.TryAdd(user, AccessLevel.Edit));
        return call.Created(portfolio, "portfolios");
    }

    private static Portfolio New(ApiCall call, Workspace workspace, string name, string? color)
    {
        var portfolio = new Portfolio
        {
            Gid = call.Store.NextGid(),
            CreatedAt = call.Store.Now,
            Name = name,
            Workspace = workspace,
            Owner = call.User,
            Color = color,
        };
        portfolio.Members[call.User] = AccessLevel.Admin;
        return call.Store.Add(portfolio);
    }

    private static ApiAnswer Update(ApiCall call)
    {
        var portfolio = Target(call);
        call.Data.Only("name", "color");
        portfolio.Name = call.Data.Has("name") ? call.Data.RequiredText("name") : portfolio.Name;
        portfolio.Color = call.Data.Has("color") ? call.Data.Text("color") : portfolio.Color;
        return call.One(portfolio);
    }

    private static ApiAnswer Delete(ApiCall call)
    {
        call.Store.Remove(call.Target<Portfolio>("portfolio_gid", AccessLevel.Admin));
        return ApiAnswer.Empty;
    }

    private static ApiAnswer Item(ApiCall call, bool add)
    {
        var portfolio = Target(call);
        call.Data.Only("item", "insert_before", "insert_after");
        var project = call.Readable<Project>("item", call.Data.RequiredGid("item"));
        portfolio.Items.Remove(project);
        if (add)
        {
            portfolio.Items.Add(project);
        }
        return ApiAnswer.Empty;
    }

    private static ApiAnswer Members(ApiCall call, bool add)
    {
        var portfolio = Target(call);
        call.Data.Only("members");
        foreach (
            var user in call
                .Data.Gids("members")
                .Select(who => call.MemberOf(portfolio.Workspace, "members", who))
                .ToList()
        )
        {
            if (add)
            {
                portfolio.Members.TryAdd(user, AccessLevel.Edit);
            }
            else if (user != portfolio.Owner)
            {
                portfolio.Members.Remove(user);
            }
        }
        return call.One(portfolio);
    }

    private static ApiAnswer Duplicate(ApiCall call)
    {
        var portfolio = call.Target<Portfolio>("portfolio_gid");
        call.Data.Only("name", "include");
        var copy = New(call, portfolio.Workspace, call.Data.RequiredText("name"), portfolio.Color);
        copy.Items.AddRange(call.View.Visible(portfolio.Items));
        return ProjectRelations.Done(call, "duplicate_portfolio");
    }
}
