using Behalf.Vault;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Connect;

/// <summary>The pages of the connect walk: link, provider's answer, outcomes.</summary>
internal static class ConnectDoor
{
    private const string ApplicationName = "behalf";

    public static IServiceCollection AddConnectDoor(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "behalf-form";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            antiforgery.FormFieldName = ConnectPages.FormToken;
            antiforgery.HeaderName = null;
            antiforgery.SuppressXFrameOptionsHeader = true; // PageHeaders says it for every page
        });
        services.TryAddSingleton<ICookieKeys, CookieKeyFiles>(); // a database that nodes share brings its own
        services.AddSingleton<IRingReferences, CookieKeyReferences>();
        services.AddDataProtection().SetApplicationName(ApplicationName);
        // The framework reads the keys at start; a sealed vault opens later, so they are read when a page needs them.
        services.Remove(
            services.Single(service =>
                service.ServiceType == typeof(IHostedService)
                && service.ImplementationType?.Name == "DataProtectionHostedService"
            )
        );
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
        {
            IVault vault = provider.GetRequiredService<IVault>();
            return new ConfigureOptions<KeyManagementOptions>(keys =>
            {
                keys.XmlRepository = new CookieKeyRows(provider.GetRequiredService<ICookieKeys>());
                keys.XmlEncryptor = new CookieKeySeal(vault);
            });
        });
        services.AddSingleton<ConnectPages>();
        return services;
    }

    public static void MapConnectDoor(this WebApplication app)
    {
        ConnectPages pages = app.Services.GetRequiredService<ConnectPages>();
        app.MapGet("/magicLink/{token}", pages.ShowAsync).WithDisplayName("connect page");
        app.MapPost("/magicLink/{token}", pages.StartAsync).WithDisplayName("connect: continue");
        app.MapPost("/magicLink/{token}/credential", pages.SubmitAsync).WithDisplayName("connect: credential");
        app.MapPost("/magicLink/{token}/cancel", pages.CancelAsync).WithDisplayName("connect: cancel");
        app.MapGet("/sso/v1/oauth/{connection}/callback", pages.CallbackAsync).WithDisplayName("connect: callback");
        app.MapClientDocuments();
        app.MapGet("/connect/success", ConnectPages.Connected).WithDisplayName("connect: success");
        app.MapGet("/connect/style.css", StyleSheet.Connect.ServeAsync).WithDisplayName("style sheet");
    }
}
