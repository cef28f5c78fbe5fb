namespace Behalf.Server.Tests.Infrastructure;

/// <summary>A connector for the test provider, with a tool for every place an argument can go.</summary>
internal static class TrackerConnector
{
    public const string Yaml = """
        format: 1
        slug: tracker
        name: Tracker
        description: A tracker for tests.
        base_url: https://tracker.example
        oauth:
          origin: https://tracker.example
          authorize_path: /authorize
          token_path: /token
          revoke_path: /revoke
          default_scopes: [things]
          identity_id_path: data.gid
          identity_name_path: data.name
          user_path: /users/me
          rejects_before_effect: true
        requests:
          message: =body.error
          errors:
            - {status: 401, kind: reconnect_required}
            - {status: 403, kind: no_permission}
            - {status: 4xx, kind: provider_error}
            - {status: 5xx, kind: provider_error}
        tools:
          - name: get_thing
            title: Get
            category: things
            description: Gets one thing of the tracker.
            hints: [read_only]
            scopes: [things]
            input:
              thing: {type: string, maxLength: 1000, required: true}
              filter: {type: string, maxLength: 1000}
              note: {type: string, maxLength: 1000}
              amount: {type: number}
            steps:
              - request: get
                path: /things/{thing}/parts
                slots: {thing: =args.thing}
                query: {q: =args.filter, amount: =args.amount}
                headers: {X-Note: =args.note}
                save: answer
            result: {user: =vars.answer.user}
          - name: create_thing
            title: Create
            category: things
            description: Creates a thing in the tracker.
            scopes: [things]
            input:
              name: {type: string, maxLength: 1000, required: true}
            steps:
              - {request: create, method: POST, path: /things, json: {name: =args.name}, save: answer}
            result: {user: =vars.answer.user}
          - name: delete_thing
            title: Delete
            category: things
            description: Deletes a thing of the tracker for good.
            hints: [destructive]
            scopes: [deletion]
            input:
              thing: {type: string, maxLength: 1000, required: true}
              confirm: {type: boolean, const: true, required: true}
            steps:
              - {request: delete, method: DELETE, path: "/things/{thing}", slots: {thing: =args.thing}, save: answer}
            result: {user: =vars.answer.user}
          - name: share_thing
            title: Share
            category: things
            description: Shows a thing to somebody else.
            hints: [changes_access]
            scopes: [deletion]
            input:
              thing: {type: string, maxLength: 1000, required: true}
            steps:
              - {request: share, method: POST, path: "/things/{thing}/shares", slots: {thing: =args.thing}, save: answer}
            result: {user: =vars.answer.user}
          - name: list_goals
            title: Goals
            category: goals
            description: Lists goals; needs a scope that is not asked for.
            hints: [read_only]
            scopes: [goals]
            steps:
              - {request: goals, path: /goals, save: answer}
            result: {user: =vars.answer.user}
        operations:
          - {id: getThing, path: "/things/{thing}", scopes: [things]}
          - {id: createThing, method: POST, path: /things, scopes: [things]}
          - {id: getGoals, path: /goals, scopes: [goals]}
        """;
}
