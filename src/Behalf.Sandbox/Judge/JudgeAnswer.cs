namespace Behalf.Sandbox.Judge;

/// <summary>Answers of <c>/_sandbox</c>: plain JSON, and <c>{"error": …}</c> for what cannot be done.</summary>
internal static class JudgeAnswer
{
    public static IResult Of(Func<JsonObject> work, int status = 200)
    {
        try
        {
            return Results.Json(work(), statusCode: status);
        }
        catch (Refusal refusal)
        {
            return Results.Json(new JsonObject { ["error"] = refusal.Message }, statusCode: refusal.Status);
        }
    }
}
