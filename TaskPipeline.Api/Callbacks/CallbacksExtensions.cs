namespace TaskPipeline.Api.Callbacks;

/// <summary>Adds the receiving end of reports.</summary>
public static class CallbacksExtensions
{
    /// <summary>Adds authentication and the receiver.</summary>
    public static IHostApplicationBuilder AddCallbacks(this IHostApplicationBuilder builder)
    {
        builder.AddCheckedOptions<CallbackOptions>(CallbackOptions.SectionName);
        builder.Services.AddSingleton<CallbackAuthentication>();
        builder.Services.AddSingleton<CallbackReceiver>();
        return builder;
    }
}
