using Behalf.PracticeModel.Tests.Infrastructure;

namespace Behalf.PracticeModel.Tests.Planning;

/// <summary>Today is Wednesday, 25 November 2026.</summary>
public sealed class EverydayPromptTests(ModelApp model) : IClassFixture<ModelApp>
{
    [Theory]
    // creating
    [InlineData(
        "Create a high-priority task \"Fix the door\" in the \"Harbour\" project and assign it to me",
        "create_task",
        """{"name":"Fix the door","project":"Harbour","assignee":"me","priority":"High"}"""
    )]
    [InlineData("Create a task called Buy milk", "create_task", """{"name":"Buy milk"}""")]
    [InlineData("create task: Buy milk", "create_task", """{"name":"Buy milk"}""")]
    [InlineData(
        "Please add a task \"Buy milk\" to the Harbour project due tomorrow",
        "create_task",
        """{"name":"Buy milk","project":"Harbour","due_on":"2026-11-26"}"""
    )]
    [InlineData(
        "Add \"Buy milk\" to the \"Harbour\" board",
        "create_task",
        """{"name":"Buy milk","project":"Harbour"}"""
    )]
    [InlineData(
        "Can you create a new task “日本語のタスク” for Bob in the section Backlog with priority low?",
        "create_task",
        """{"name":"日本語のタスク","section":"Backlog","assignee":"Bob","priority":"Low"}"""
    )]
    [InlineData(
        "Create an urgent task \"Call the bank\" by Friday, with notes \"ask about fees\"",
        "create_task",
        """{"name":"Call the bank","due_on":"2026-11-27","notes":"ask about fees","priority":"Urgent"}"""
    )]
    [InlineData(
        "Remind me to water the plants tomorrow",
        "create_task",
        """{"name":"water the plants","assignee":"me","due_on":"2026-11-26"}"""
    )]
    [InlineData("Create a project called \"Harbour\"", "create_project", """{"name":"Harbour"}""")]
    [InlineData(
        "Add a subtask \"Measure\" to \"Fix the door\"",
        "create_subtask",
        """{"parent":"Fix the door","name":"Measure"}"""
    )]
    [InlineData(
        "Create a section \"Doing\" in the Harbour project",
        "create_section",
        """{"name":"Doing","project":"Harbour"}"""
    )]
    // changing
    [InlineData("Mark \"Fix the door\" as done", "complete_task", """{"task":"Fix the door","completed":true}""")]
    [InlineData("complete the task Fix the door", "complete_task", """{"task":"Fix the door","completed":true}""")]
    [InlineData("Reopen \"Fix the door\"", "complete_task", """{"task":"Fix the door","completed":false}""")]
    [InlineData(
        "Rename \"Fix the door\" to \"Paint the door\"",
        "update_task",
        """{"task":"Fix the door","name":"Paint the door"}"""
    )]
    [InlineData(
        "Set the due date of \"Fix the door\" to next Friday",
        "update_task",
        """{"task":"Fix the door","due_on":"2026-11-27"}"""
    )]
    [InlineData(
        "Postpone \"Fix the door\" to December 3",
        "update_task",
        """{"task":"Fix the door","due_on":"2026-12-03"}"""
    )]
    [InlineData(
        "Change the priority of \"Fix the door\" to high",
        "update_task",
        """{"task":"Fix the door","priority":"High"}"""
    )]
    [InlineData("Assign \"Fix the door\" to Bob", "update_task", """{"task":"Fix the door","assignee":"Bob"}""")]
    [InlineData("assign the Fix the door task to me", "update_task", """{"task":"Fix the door","assignee":"me"}""")]
    [InlineData(
        "Change the description of \"Fix the door\" to \"It squeaks\"",
        "update_task",
        """{"task":"Fix the door","notes":"It squeaks"}"""
    )]
    [InlineData(
        "Set the Effort field of \"Fix the door\" to 5",
        "set_task_field",
        """{"task":"Fix the door","field":"Effort","value":"5"}"""
    )]
    [InlineData(
        "Move \"Fix the door\" to the Doing column",
        "move_task_to_section",
        """{"task":"Fix the door","section":"Doing"}"""
    )]
    [InlineData(
        "move \"Fix the door\" to section \"In review\"",
        "move_task_to_section",
        """{"task":"Fix the door","section":"In review"}"""
    )]
    [InlineData(
        "Move \"Fix the door\" to the Harbour project",
        "add_task_to_project",
        """{"task":"Fix the door","project":"Harbour"}"""
    )]
    [InlineData(
        "Remove \"Fix the door\" from the \"Harbour\" project",
        "remove_task_from_project",
        """{"task":"Fix the door","project":"Harbour"}"""
    )]
    [InlineData("Delete the task \"Fix the door\"", "delete_task", """{"task":"Fix the door","confirm":true}""")]
    [InlineData(
        "Add Bob as a follower to \"Fix the door\"",
        "add_task_followers",
        """{"task":"Fix the door","users":["Bob"]}"""
    )]
    [InlineData(
        "add Bob and Carol as followers of \"Fix the door\"",
        "add_task_followers",
        """{"task":"Fix the door","users":["Bob","Carol"]}"""
    )]
    [InlineData(
        "Remove Bob as a follower of \"Fix the door\"",
        "remove_task_followers",
        """{"task":"Fix the door","users":["Bob"]}"""
    )]
    [InlineData("Tag \"Fix the door\" with \"wood\"", "add_task_tag", """{"task":"Fix the door","tag":"wood"}""")]
    [InlineData(
        "Remove the tag wood from \"Fix the door\"",
        "remove_task_tag",
        """{"task":"Fix the door","tag":"wood"}"""
    )]
    [InlineData(
        "Make \"Paint\" depend on \"Fix the door\"",
        "add_task_dependency",
        """{"task":"Paint","depends_on":["Fix the door"]}"""
    )]
    [InlineData(
        "Duplicate \"Fix the door\" as \"Fix the gate\"",
        "duplicate_task",
        """{"task":"Fix the door","name":"Fix the gate"}"""
    )]
    [InlineData("Share the Harbour project with Bob", "share_project", """{"project":"Harbour","member":"Bob"}""")]
    [InlineData("Archive the \"Harbour\" project", "update_project", """{"project":"Harbour","archived":true}""")]
    [InlineData(
        "Add a comment to \"Fix the door\": \"On my way\"",
        "add_comment_to_task",
        """{"task":"Fix the door","text":"On my way"}"""
    )]
    [InlineData(
        "Comment \"On my way\" on \"Fix the door\"",
        "add_comment_to_task",
        """{"task":"Fix the door","text":"On my way"}"""
    )]
    [InlineData(
        "comment on Fix the door: on my way, due tomorrow",
        "add_comment_to_task",
        """{"task":"Fix the door","text":"on my way, due tomorrow"}"""
    )]
    [InlineData(
        "Leave a comment on \"Fix the door\" saying \"Done and dusted\"",
        "add_comment_to_task",
        """{"task":"Fix the door","text":"Done and dusted"}"""
    )]
    [InlineData(
        "Attach https://example.com/plan.pdf to \"Fix the door\"",
        "attach_file",
        """{"parent":"Fix the door","url":"https://example.com/plan.pdf"}"""
    )]
    // asking
    [InlineData("Who am I?", "get_me", "{}")]
    [InlineData("What am I working on?", "list_my_tasks", """{"status":"open"}""")]
    [InlineData("What's on my plate?", "list_my_tasks", """{"status":"open"}""")]
    [InlineData("List my open tasks", "list_my_tasks", """{"status":"open"}""")]
    [InlineData("show me my completed tasks", "list_my_tasks", """{"status":"completed"}""")]
    [InlineData("What is due this week?", "list_my_tasks", """{"status":"open","due_before":"2026-11-30"}""")]
    [InlineData("Which of my tasks are overdue?", "list_my_tasks", """{"status":"open","due_before":"2026-11-25"}""")]
    [InlineData("What is Bob working on?", "list_tasks", """{"assignee":"Bob","status":"open"}""")]
    [InlineData("List tasks assigned to Bob", "list_tasks", """{"assignee":"Bob"}""")]
    [InlineData("Show comments of \"Fix the door\"", "list_task_comments", """{"task":"Fix the door"}""")]
    [InlineData("What are the comments on Fix the door?", "list_task_comments", """{"task":"Fix the door"}""")]
    [InlineData("Search for tasks about \"hinges\"", "search_tasks", """{"text":"hinges"}""")]
    [InlineData("List my projects", "list_projects", "{}")]
    [InlineData("Which teams are there?", "list_teams", "{}")]
    [InlineData("Show the details of \"Fix the door\"", "get_task", """{"task":"Fix the door"}""")]
    [InlineData("When is \"Fix the door\" due?", "get_task", """{"task":"Fix the door"}""")]
    [InlineData("Tell me about the \"Harbour\" project", "get_project", """{"project":"Harbour"}""")]
    [InlineData("List the subtasks of \"Fix the door\"", "list_subtasks", """{"task":"Fix the door"}""")]
    [InlineData("What does \"Fix the door\" depend on?", "list_task_dependencies", """{"task":"Fix the door"}""")]
    [InlineData("Show the sections of the \"Harbour\" project", "list_sections", """{"project":"Harbour"}""")]
    [InlineData("Who are the members of \"Harbour\"?", "list_project_members", """{"project":"Harbour"}""")]
    [InlineData("How many tasks are in \"Harbour\"?", "get_project_task_counts", """{"project":"Harbour"}""")]
    [InlineData("List the attachments of \"Fix the door\"", "list_attachments", """{"parent":"Fix the door"}""")]
    public async Task Prompt_BecomesTheCallItAsksFor(string prompt, string tool, string input)
    {
        var conversation = new Conversation(model, ToolSet.Tracker());

        await conversation.AskAsync(prompt);

        var call = conversation.Calls.Should().ContainSingle().Subject;
        call.Name.Should().Be($"acme_{tool}");
        System
            .Text.Json.Nodes.JsonNode.DeepEquals(call.Input, System.Text.Json.Nodes.JsonNode.Parse(input))
            .Should()
            .BeTrue($"{call.Json} should be {input}");
    }
}
