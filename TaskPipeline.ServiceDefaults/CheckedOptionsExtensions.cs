using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Options that are checked before a service starts, all of them at once: who runs it must not find them one by one.</summary>
public static class CheckedOptionsExtensions
{
    /// <summary>Adds options that are bound to a section and checked by their attributes.</summary>
    public static OptionsBuilder<T> AddCheckedOptions<T>(this IHostApplicationBuilder builder, string section)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<T>>(new AnnotationsValidator<T>(section));
        return builder.Services.AddOptionsWithValidateOnStart<T>().BindConfiguration(section);
    }

    /// <summary>Adds options with rules that attributes cannot say.</summary>
    public static OptionsBuilder<T> AddCheckedOptions<T, TValidator>(this IHostApplicationBuilder builder, string section)
        where T : class
        where TValidator : class, IValidateOptions<T>
    {
        var options = builder.AddCheckedOptions<T>(section);
        builder.Services.AddSingleton<IValidateOptions<T>, TValidator>();
        return options;
    }

    /// <summary>Runs a service until it is told to stop. With wrong options it logs each by its key and does not start. Returns the exit code: 0, or 1 for wrong options.</summary>
    public static int RunService(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var problems = FindProblems(app.Services);
        if (problems.Count == 0)
        {
            app.Run();
            return 0;
        }

        foreach (var problem in problems)
        {
            Log.OptionWrong(app.Logger, problem);
        }

        // The console writes in the background: disposed, it has written all of it.
        ((IDisposable)app).Dispose();
        return 1;
    }

    private static IReadOnlyList<string> FindProblems(IServiceProvider services)
    {
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            return [.. exception.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures)];
        }
        catch (InvalidOperationException exception)
        {
            // A value that is not of its type cannot be bound; the binder names its key.
            return [exception.Message];
        }
    }
}
