namespace Behalf.PracticeModel;

public sealed class PracticeModelOptions
{
    /// <value>Exact responses that take precedence over planning; <c>POST /_practice/script</c> adds to the same queue.</value>
    public PracticeScript Script { get; set; } = new();

    /// <value>Listed by <c>GET /v1/models</c>.</value>
    public IReadOnlyList<string> Models { get; set; } = ["practice-1"];

    /// <value>Besides <see cref="Models"/>, names with these beginnings are accepted, so that a caller's usual configuration works.</value>
    public IReadOnlyList<string> AcceptedModelPrefixes { get; set; } = ["practice", "claude"];

    /// <value>In bytes; larger bodies get 413. Default 8 MiB.</value>
    public int MaxBodyBytes { get; set; } = 8 * 1024 * 1024;

    /// <value>How many requests <c>GET /_practice/requests</c> remembers. Default 200.</value>
    public int RememberedRequests { get; set; } = 200;

    /// <value>In bytes, over all remembered bodies; the oldest are forgotten first. Default 32 MiB.</value>
    public int RememberedBytes { get; set; } = 32 * 1024 * 1024;

    /// <value>The clock of "tomorrow" and of delays.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
