using System.Net;
using Behalf.Client;
using Behalf.Client.AspNetCore;
using Microsoft.AspNetCore.Authentication.Cookies;

// The pages of the README, beside a login; and a look at what they map. The whole of its C# is compiled beside this.
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Configuration["Behalf:Server"] = Environment.GetEnvironmentVariable("BEHALF_URL");
builder.Configuration["Behalf:ClientId"] = Environment.GetEnvironmentVariable("BEHALF_CLIENT_ID");
builder.Configuration["Behalf:ClientSecret"] = Environment.GetEnvironmentVariable("BEHALF_CLIENT_SECRET");
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddBehalf();
builder.Services.AddBehalfConnect();

await using WebApplication app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapBehalfConnect();
await app.StartAsync();

using HttpClient browser = new(new HttpClientHandler { AllowAutoRedirect = false });
using HttpResponseMessage answer = await browser.GetAsync(new Uri($"{app.Urls.First()}/behalf/connect/asana"));
Console.WriteLine($"{(int)answer.StatusCode} {answer.Headers.Location}");
return answer.StatusCode == HttpStatusCode.Redirect ? 0 : 1;
