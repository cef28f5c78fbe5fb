using System.Text;
using Behalf.Identity;
using Behalf.Server.AuthorizationServer.Pages;
using Behalf.Server.Connect;
using Behalf.Server.Doors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Behalf.Server.AuthorizationServer;

/// <summary>How to add this server to each MCP client, step by step. The one page with a script: its copy buttons.</summary>
internal sealed class ConnectClientPage(AskedEnvironments environments, PublicUrls urls)
{
    public const string ScriptPath = "/connect/copy.js";

    private const string Script = """
        for (const button of document.querySelectorAll('button[data-copy]')) {
          button.hidden = false;
          button.addEventListener('click', async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
            button.textContent = 'Copied';
          });
        }
        """;

    public static void Map(WebApplication app)
    {
        ConnectClientPage page = app.Services.GetRequiredService<ConnectClientPage>();
        app.MapGet(ReturnPath.Default, page.ShowAsync).WithDisplayName("steps for MCP clients");
        app.MapGet(ScriptPath, ScriptAsync).WithDisplayName("script of the copy buttons");
    }

    [OpenToAll("Says the same to everyone: a public URL and steps.")]
    private async Task ShowAsync(HttpContext http)
    {
        DeploymentEnvironment environment = await environments.OfAsync(http);
        PageHeaders.SetWithScript(http.Response);
        await new RazorComponentResult<ConnectClientView>(
            new Dictionary<string, object?>
            {
                [nameof(ConnectClientView.Server)] = new Uri(urls.PersonalServer(environment)),
            }
        ).ExecuteAsync(http);
    }

    [OpenToAll("A script without data.")]
    private static Task ScriptAsync(HttpContext http)
    {
        http.Response.ContentType = "text/javascript; charset=utf-8";
        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.WriteAsync(Script, Encoding.UTF8, http.RequestAborted);
    }
}
