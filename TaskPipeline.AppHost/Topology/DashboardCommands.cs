using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace TaskPipeline.AppHost.Topology;

/// <summary>What can be done with a click in the dashboard.</summary>
internal static class DashboardCommands
{
    /// <summary>Submits a task of an algorithm and shows the API's answer.</summary>
    /// <param name="api">The API.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="displayName">What the button says.</param>
    /// <param name="algorithm">The algorithm, with an empty input and one attempt.</param>
    /// <param name="enabled">False when no worker can have the algorithm.</param>
    public static IResourceBuilder<ProjectResource> WithTaskCommand(
        this IResourceBuilder<ProjectResource> api, string name, string displayName, string algorithm, bool enabled = true) =>
        api.WithHttpCommand("/tasks", displayName, commandName: name, commandOptions: new HttpCommandOptions
        {
            Description = enabled ? $"Submits a task of {algorithm}" : $"Needs {algorithm}: start with --faults",
            IconName = "Play",
            IsHighlighted = enabled,
            ResultMode = HttpCommandResultMode.Json,
            UpdateState = enabled ? null : _ => ResourceCommandState.Disabled,
            PrepareRequest = context =>
            {
                context.Request.Content = JsonContent.Create(new { algorithm, maxAttempts = 1 });
                return Task.CompletedTask;
            },
        });

    /// <summary>Lets one worker finish what it runs and end: it takes nothing more. The dashboard starts it again.</summary>
    public static IResourceBuilder<ProjectResource> WithDrainCommand(
        this IResourceBuilder<ProjectResource> workers, IResourceBuilder<ParameterResource> secret) =>
        workers.WithHttpCommand("/drain", "Drain", commandName: "drain", commandOptions: new HttpCommandOptions
        {
            Description = "One worker takes nothing more, finishes what it runs and ends",
            ConfirmationMessage = "One worker will end once its tasks are done. Go on?",
            IconName = "ArrowExit",
            PrepareRequest = async context =>
            {
                var value = await secret.Resource.GetValueAsync(context.CancellationToken);
                context.Request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", value);
            },
        });
}
