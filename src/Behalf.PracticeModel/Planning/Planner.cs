using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel.Planning;

internal static class Planner
{
    public static IReadOnlyList<ReplyBlock> Reply(MessagesRequest request, TimeProvider timeProvider) =>
        [new ReplyText("I have no tool for that.")];
}
