namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// How statements on every call's path are planned: all that they read and change is found by keys. Of tables that are small,
/// new, or filled and emptied all the time the planner thinks otherwise, and reads them whole, with the rows that are dead.
/// </summary>
internal static class Planning
{
    /// <summary>
    /// Columns of a transaction's first statement, until it ends. A session keeps the plan it made first, so they come first
    /// wherever such statements are used.
    /// </summary>
    public const string ByKeys = """
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
          set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
          set_config('enable_memoize', 'off', true), set_config('enable_bitmapscan', 'off', true)
        """;
}
