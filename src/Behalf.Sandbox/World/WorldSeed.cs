using System.Text;

namespace Behalf.Sandbox.World;

/// <summary>Builds the objects of a checked document, in the document's order, so that gids depend on it alone.</summary>
internal sealed class WorldSeed(WorldDocument world, ObjectStore store)
{
    private readonly Dictionary<string, string> _gids = [];

    public void Plant()
    {
        var keys = world
            .Users.Select(u => u.Key)
            .Concat(world.Workspaces.Select(w => w.Key))
            .Concat(world.Teams.Select(t => t.Key))
            .Concat(world.CustomFields.Select(f => f.Key))
            .Concat(world.Tags.Select(t => t.Key))
            .Concat(world.Projects.Select(p => p.Key))
            .Concat(world.Tasks.Select(t => t.Key))
            .Concat(world.Portfolios.Select(p => p.Key))
            .Concat(world.Goals.Select(g => g.Key));
        foreach (var key in keys)
        {
            _gids.Add(key, store.NextGid());
        }
        world.Users.ToList().ForEach(Plant);
        world.Workspaces.ToList().ForEach(Plant);
        world.Teams.ToList().ForEach(Plant);
        world.CustomFields.ToList().ForEach(Plant);
        world.Tags.ToList().ForEach(Plant);
        world.Projects.ToList().ForEach(Plant);
        new TaskSeed(world.Tasks, store, _gids).Plant();
        world.Portfolios.ToList().ForEach(Plant);
        world.Goals.ToList().ForEach(Plant);
        world.StatusUpdates.ToList().ForEach(Plant);
        store.Search.SettleAll();
    }

    private T Get<T>(string key)
        where T : Entity => (T)store.ByKey[key];

    private void Plant(UserEntry entry) =>
        store.Add(
            new User
            {
                Gid = _gids[entry.Key],
                CreatedAt = store.Now,
                Key = entry.Key,
                Name = entry.Name,
                Email = entry.Email,
                Password = entry.Password,
                Pat = OAuth.TokenStore.NewValue($"pat-{entry.Key}"),
                IsServiceAccount = entry.ServiceAccount,
            },
            entry.Key
        );

    private void Plant(WorkspaceEntry entry)
    {
        var workspace = store.Add(
            new Workspace
            {
                Gid = _gids[entry.Key],
                CreatedAt = store.Now,
                Name = entry.Name,
                IsOrganization = entry.Organization,
                IsPremium = entry.Plan == "premium",
                EmailDomains = entry.EmailDomains,
                CollaboratorLevel = AccessLevelWords.Parse(entry.CollaboratorAccessLevel)!.Value,
            },
            entry.Key
        );
        foreach (var member in entry.Members)
        {
            var user = Get<User>(member.User);
            workspace.Members.Add(new WorkspaceMember(user, member.Role == "guest", member.Role == "admin"));
            store.Add(
                new UserTaskList
                {
                    Gid = store.NextGid(),
                    CreatedAt = store.Now,
                    Owner = user,
                    Workspace = workspace,
                }
            );
        }
    }

    private void Plant(TeamEntry entry)
    {
        var team = new Team
        {
            Gid = _gids[entry.Key],
            CreatedAt = store.Now,
            Name = entry.Name,
            Workspace = Get<Workspace>(entry.Workspace),
            Description = entry.Description,
            Visibility = entry.Visibility switch
            {
                "public" => TeamVisibility.Public,
                "request_to_join" => TeamVisibility.RequestToJoin,
                _ => TeamVisibility.Secret,
            },
        };
        team.Members.AddRange(entry.Members.Select(m => new TeamMember(Get<User>(m.User), m.LimitedAccess)));
        store.Add(team, entry.Key);
    }

    private void Plant(FieldEntry entry)
    {
        var field = new CustomField
        {
            Gid = _gids[entry.Key],
            CreatedAt = store.Now,
            Name = entry.Name,
            Workspace = Get<Workspace>(entry.Workspace),
            Type = entry.Type switch
            {
                "text" => FieldType.Text,
                "number" => FieldType.Number,
                "enum" => FieldType.Enum,
                "multi_enum" => FieldType.MultiEnum,
                "date" => FieldType.Date,
                _ => FieldType.People,
            },
            IsGlobal = entry.Global,
            IsLocked = entry.Locked,
            CreatedField = entry.AsanaCreatedField,
            Precision = entry.Precision,
            Description = entry.Description,
        };
        foreach (var option in entry.Options)
        {
            field.Options.Add(
                store.Add(
                    new EnumOption
                    {
                        Gid = store.NextGid(),
                        CreatedAt = store.Now,
                        Name = option.Name,
                        Field = field,
                        Color = option.Color,
                        Enabled = option.Enabled,
                    }
                )
            );
        }
        store.Add(field, entry.Key);
    }

    private void Plant(TagEntry entry) =>
        store.Add(
            new Tag
            {
                Gid = _gids[entry.Key],
                CreatedAt = store.Now,
                Name = entry.Name,
                Workspace = Get<Workspace>(entry.Workspace),
                Color = entry.Color,
            },
            entry.Key
        );

    private void Plant(ProjectEntry entry)
    {
        var project = store.Add(
            new Project
            {
                Gid = _gids[entry.Key],
                CreatedAt = store.Now,
                ModifiedAt = store.Now,
                Name = entry.Name,
                Workspace = Get<Workspace>(entry.Workspace),
                Team = entry.Team is { } team ? Get<Team>(team) : null,
                Privacy = entry.Privacy switch
                {
                    "public_to_workspace" => ProjectPrivacy.PublicToWorkspace,
                    "private_to_team" => ProjectPrivacy.PrivateToTeam,
                    _ => ProjectPrivacy.Private,
                },
                DefaultLevel = AccessLevelWords.Parse(entry.DefaultAccessLevel)!.Value,
                CollaboratorLevel = AccessLevelWords.Parse(entry.CollaboratorAccessLevel),
                Owner = entry.Owner is { } owner ? Get<User>(owner) : null,
                NotesHtml = Html(entry.Notes, entry.HtmlNotes, _gids),
                Color = entry.Color,
                Archived = entry.Archived,
            },
            entry.Key
        );
        foreach (var member in entry.Members)
        {
            project.Members.Add(
                store.Add(
                    new Membership
                    {
                        Gid = store.NextGid(),
                        CreatedAt = store.Now,
                        Project = project,
                        Member = store.ByKey[member.User ?? member.Team!],
                        Level = AccessLevelWords.Parse(member.Access)!.Value,
                    }
                )
            );
        }
        foreach (var field in entry.Fields)
        {
            var setting = new FieldSetting
            {
                Gid = store.NextGid(),
                CreatedAt = store.Now,
                Project = project,
                Field = Get<CustomField>(field),
            };
            project.Fields.Add(store.Add(setting));
        }
        foreach (var name in entry.Sections.DefaultIfEmpty("Untitled section"))
        {
            project.Sections.Add(
                store.Add(
                    new Section
                    {
                        Gid = store.NextGid(),
                        CreatedAt = store.Now,
                        Name = name,
                        Project = project,
                    }
                )
            );
        }
        entry.Attachments.ToList().ForEach(a => Attach(store, project, a));
    }

    private void Plant(PortfolioEntry entry)
    {
        var portfolio = new Portfolio
        {
            Gid = _gids[entry.Key],
            CreatedAt = store.Now,
            Name = entry.Name,
            Workspace = Get<Workspace>(entry.Workspace),
            Owner = Get<User>(entry.Owner),
        };
        portfolio.Members[portfolio.Owner] = AccessLevel.Admin;
        foreach (var member in entry.Members.Where(m => m.User is not null))
        {
            portfolio.Members[Get<User>(member.User!)] = AccessLevelWords.Parse(member.Access)!.Value;
        }
        portfolio.Items.AddRange(entry.Items.Select(Get<Project>));
        store.Add(portfolio, entry.Key);
    }

    private void Plant(GoalEntry entry)
    {
        var goal = new Goal
        {
            Gid = _gids[entry.Key],
            CreatedAt = store.Now,
            Name = entry.Name,
            Workspace = Get<Workspace>(entry.Workspace),
            Owner = Get<User>(entry.Owner),
            Team = entry.Team is { } team ? Get<Team>(team) : null,
            Notes = entry.Notes,
            Status = entry.Status,
        };
        goal.Followers.AddRange(entry.Followers.Select(Get<User>));
        store.Add(goal, entry.Key);
    }

    private void Plant(StatusEntry entry) =>
        store.Add(
            new StatusUpdate
            {
                Gid = store.NextGid(),
                CreatedAt = store.Now,
                Name = entry.Title,
                Parent = store.ByKey[entry.Parent],
                CreatedBy = Get<User>(entry.By),
                StatusType = entry.StatusType,
                Html = RichText.FromPlain(entry.Text),
            }
        );

    public static void Attach(ObjectStore store, Entity parent, AttachmentEntry entry) =>
        store.Add(
            new Attachment
            {
                Gid = store.NextGid(),
                CreatedAt = store.Now,
                Name = entry.Name,
                Parent = parent,
                CreatedBy = (User)store.ByKey[entry.By],
                Content = Encoding.UTF8.GetBytes(entry.Content),
                ContentType = "text/plain; charset=utf-8",
            }
        );

    /// <summary>Plain text as rich text, or rich text with its <c>{{key}}</c> replaced by gids.</summary>
    public static string Html(string? plain, string? html, IReadOnlyDictionary<string, string> gids) =>
        html is null
            ? RichText.FromPlain(plain ?? "")
            : WorldCheck.Reference().Replace(html, m => gids[m.Groups["key"].Value]);
}
