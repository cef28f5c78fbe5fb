namespace Behalf.Sandbox.Tests;

/// <summary>
/// Who may do what, written by hand from Asana's published rules and the cast of the built-in world. It calls nothing of
/// what it judges. E: edit, C: comment, R: read, -: nothing.
/// </summary>
internal static class PermissionMatrix
{
    public static readonly string[] Users = ["alice", "bob", "carol", "dave", "erin", "svc-bot"];

    private const string Text = """
        kind       key                  alice bob carol dave erin svc-bot
        workspace  acme                 R     R   R     R    R    E
        workspace  side-projects        R     R   -     -    -    -
        team       marketing            E     R   R     -    E    E
        team       leadership           -     -   E     -    R    E
        project    website              E     R   E     -    C    E
        project    website-next         -     -   E     -    -    E
        project    okr-board            -     -   E     -    -    E
        project    launch-plan          C     E   -     -    -    E
        project    campaigns            E     -   -     -    E    E
        project    garden               E     -   -     -    -    -
        task       home-page            E     R   E     C    C    E
        task       home-page-quotes     E     R   E     C    E    E
        task       home-page-photos     E     R   E     C    C    E
        task       navigation           E     E   E     -    C    E
        task       pricing-page         E     R   E     -    C    E
        task       footer               E     R   E     -    C    E
        task       search-box           E     R   E     -    C    E
        task       broken-images        E     R   E     -    C    E
        task       accessibility        E     R   E     -    C    E
        task       cookie-text          E     R   E     -    C    E
        task       announcement         E     R   E     -    C    E
        task       okr-revenue          -     -   E     -    -    E
        task       okr-revenue-sales    -     -   E     -    -    E
        task       okr-pricing          -     -   E     -    -    E
        task       okr-churn            -     -   E     -    -    E
        task       okr-office           -     -   E     -    -    E
        task       okr-hiring           -     -   E     -    C    E
        task       okr-board-meeting    -     -   E     -    -    E
        task       okr-acquisition      -     -   E     -    -    E
        task       okr-last-year        -     -   E     -    -    E
        task       rebrand              -     -   E     -    -    E
        task       venue                C     E   -     -    -    E
        task       press-list           C     E   -     -    -    E
        task       newsletter           E     R   -     -    E    E
        task       poster               E     -   -     -    E    E
        task       surprise             E     -   -     -    -    E
        task       salary               -     E   -     -    -    E
        task       succession           -     -   E     -    -    E
        task       shared-draft         E     C   -     -    -    E
        task       lunch                R     E   R     -    R    E
        task       seeds                E     -   -     -    -    -
        portfolio  company-bets         R     -   E     -    -    E
        portfolio  canary-portfolio     -     -   E     -    -    E
        goal       faster-site          E     C   -     -    -    E
        goal       canary-goal          -     -   E     -    -    E
        tag        customer             E     E   E     R    E    E
        tag        quick-win            E     E   E     -    E    E
        field      priority             R     R   R     -    R    E
        field      confidence           -     -   R     -    -    E
        user       alice                E     R   R     R    R    R
        user       bob                  R     E   R     -    R    R
        user       carol                R     R   E     -    R    R
        user       dave                 R     R   R     E    R    R
        user       erin                 R     R   R     R    E    R
        user       svc-bot              R     R   R     -    R    E
        """;

    public static IReadOnlyList<Cell> Cells { get; } = Parse();

    public static char Level(string user, string key) => Cells.First(c => c.User == user && c.Key == key).Level;

    /// <summary>Keys of one kind that a user may at least read.</summary>
    public static IReadOnlyList<string> Seen(string user, string kind) =>
        [.. Cells.Where(c => c.User == user && c.Kind == kind && c.Level != '-').Select(c => c.Key)];

    private static List<Cell> Parse() =>
        [
            .. Text.Split('\n')
                .Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .SelectMany(row => Users.Select((user, at) => new Cell(user, row[0], row[1], row[at + 2][0]))),
        ];

    public sealed record Cell(string User, string Kind, string Key, char Level);
}
