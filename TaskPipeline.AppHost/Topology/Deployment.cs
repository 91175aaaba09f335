using System.Globalization;
using Aspire.Hosting.Azure;
using Aspire.Hosting.Azure.AppContainers;
using Azure.Provisioning;
using Azure.Provisioning.AppContainers;
using Azure.Provisioning.Expressions;

namespace TaskPipeline.AppHost.Topology;

/// <summary>How API and workers are published. Nothing of it matters to a local run.</summary>
internal static class Deployment
{
    /// <summary>The repository, seen from this project: the image of the worker builds native code, host and worker from all of it.</summary>
    private const string RepositoryRoot = "..";
    private const string WorkerDockerfile = "TaskPipeline.Algorithm/Dockerfile";

    /// <summary>How long a worker that is scaled in, or replaced, may finish what it runs; then it gives the rest back.</summary>
    private static readonly TimeSpan s_drainGrace = TimeSpan.FromMinutes(5);

    /// <summary>What the platform waits before it kills: the grace, and what the last reports take.</summary>
    private static readonly TimeSpan s_terminationGrace = s_drainGrace + TimeSpan.FromSeconds(30);

    /// <summary>One worker for as many seconds that a task which came now would be told to wait.</summary>
    private const string WaitSecondsPerWorker = "15";

    /// <summary>Adds the environment that is published to. One at a time: a resource can be deployed to only one.</summary>
    /// <exception cref="InvalidOperationException">The target is unknown.</exception>
    public static DeploymentTarget AddDeploymentTarget(this IDistributedApplicationBuilder builder)
    {
        if (!builder.ExecutionContext.IsPublishMode)
        {
            return DeploymentTarget.None;
        }

        var name = builder.Configuration["target"] ?? (builder.Configuration["Publishing:Publisher"] == "manifest" ? "azure" : "compose");
        switch (name)
        {
            case "azure":
                builder.AddAzureContainerAppEnvironment("aca");
                return DeploymentTarget.Azure;
            case "compose":
                builder.AddDockerComposeEnvironment("compose");
                return DeploymentTarget.Compose;
            default:
                throw new InvalidOperationException($"--target is azure or compose, not {name}");
        }
    }

    /// <summary>Liveness asks the process alone, readiness its dependencies too; both are health checks of a local run and probes of a published one.</summary>
#pragma warning disable ASPIREPROBES001 // Still called experimental; it is the one way to say it for every target at once.
    public static IResourceBuilder<ProjectResource> WithProbes(this IResourceBuilder<ProjectResource> project) => project
        .WithHttpProbe(ProbeType.Liveness, "/alive", periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6)
        .WithHttpProbe(ProbeType.Readiness, "/health", periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3);
#pragma warning restore ASPIREPROBES001

    /// <summary>The image of the worker is built by its Dockerfile, for the distribution of the image.</summary>
    public static IResourceBuilder<ProjectResource> PublishWithNativeCode(this IResourceBuilder<ProjectResource> worker) =>
        worker.PublishAsDockerFile(container => container.WithDockerfile(RepositoryRoot, WorkerDockerfile));

    /// <summary>Publishes the API. A stateless service whose requests are short: the platform's own grace is enough.</summary>
    public static IResourceBuilder<ProjectResource> PublishTo(this IResourceBuilder<ProjectResource> api, DeploymentTarget target) => target switch
    {
        DeploymentTarget.Compose => api.PublishAsDockerComposeService((_, service) =>
        {
            service.Restart = "unless-stopped";
            service.ReadOnly = true;
            service.Tmpfs.Add("/tmp");
            service.Deploy = new() { Replicas = 1 }; // One published port cannot have two owners.
        }),
        DeploymentTarget.Azure => api.PublishAsAzureContainerApp((_, app) => app.Template.Scale.MaxReplicas = 4),
        DeploymentTarget.None => api,
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "not a target"),
    };

    /// <summary>Publishes the workers, which are told apart by what they do at their end: finish, give back, then go. Where the platform scales, it asks the API how long tasks wait.</summary>
    public static IResourceBuilder<ProjectResource> PublishWorkersTo(
        this IResourceBuilder<ProjectResource> workers, DeploymentTarget target, RunSettings settings, IResourceBuilder<ProjectResource> api)
    {
        if (target is DeploymentTarget.None)
        {
            return workers;
        }

        workers.WithEnvironment("Worker__DrainGrace", s_drainGrace.ToString("c", CultureInfo.InvariantCulture));
        return target is DeploymentTarget.Compose
            ? workers.PublishAsDockerComposeService((_, service) =>
            {
                service.Restart = "unless-stopped";
                service.ReadOnly = true;
                service.Tmpfs.Add("/tmp");
                service.CapDrop.Add("ALL");
                service.SecurityOpt.Add("no-new-privileges:true");
                service.StopGracePeriod = string.Create(CultureInfo.InvariantCulture, $"{s_terminationGrace.TotalSeconds:0}s");
                service.Deploy = new() { Replicas = settings.Workers };
            })
            : workers.PublishAsAzureContainerApp((infrastructure, app) =>
            {
                var url = ScalingUrl(workers.ApplicationBuilder, api.Resource.Name, infrastructure);
                app.Template.TerminationGracePeriodSeconds = (long)s_terminationGrace.TotalSeconds;
                app.Template.Scale.MinReplicas = 1;
                app.Template.Scale.MaxReplicas = Math.Max(10, settings.Workers);

                // The platform takes the larger answer: more workers while people would wait, and never fewer than the load keeps busy, or each scale-in would bring the line back.
                app.Template.Scale.Rules = [ScaleRule("predicted-wait", url, "longestPredictedWaitSeconds", WaitSecondsPerWorker), ScaleRule("load", url, "workersForLoad", "1")];
            });
    }

    /// <summary>
    /// What the scaler asks. Written with the environment's domain, as Aspire itself does for an external endpoint: a reference to the endpoint has no value outside of the app that is
    /// published.
    /// </summary>
    private static BicepValue<string> ScalingUrl(IDistributedApplicationBuilder builder, string api, AzureResourceInfrastructure infrastructure)
    {
        var environment = builder.Resources.OfType<AzureContainerAppEnvironmentResource>().Single();
        var domain = new BicepOutputReference("AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN", environment).AsProvisioningParameter(infrastructure);
        return BicepFunction.Interpolate($"https://{api}.{domain}/lanes/scaling");
    }

    /// <summary>As many workers as the value that the API answers has targets, rounded up.</summary>
    private static ContainerAppScaleRule ScaleRule(string name, BicepValue<string> url, string value, string target) => new()
    {
        Name = name,
        Custom = new ContainerAppCustomScaleRule
        {
            CustomScaleRuleType = "metrics-api",
            Metadata =
            {
                { "url", url },
                { "valueLocation", value },
                { "targetValue", target },
            },
        },
    };
}
