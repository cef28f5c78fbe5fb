namespace Behalf.Sandbox.Api;

/// <param name="Body">The whole envelope, <c>{"data": …}</c>.</param>
/// <param name="Location">Set for what was created.</param>
internal sealed record ApiAnswer(int Status, JsonObject Body, string? Location = null)
{
    /// <value>What is still to be done outside the store's gate, such as asking another server; its answer counts.</value>
    public Func<CancellationToken, Task<ApiAnswer>>? Then { get; init; }

    public static ApiAnswer Empty { get; } = new(200, new JsonObject { ["data"] = new JsonObject() });
}
