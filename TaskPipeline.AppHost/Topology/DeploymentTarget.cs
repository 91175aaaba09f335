namespace TaskPipeline.AppHost.Topology;

/// <summary>Where the application is published to.</summary>
internal enum DeploymentTarget
{
    /// <summary>Nowhere: it runs here.</summary>
    None,

    /// <summary>Azure Container Apps: what azd asks for (<c>--publisher manifest</c>), or <c>--target azure</c>.</summary>
    Azure,

    /// <summary>Docker Compose: every other publication, or <c>--target compose</c>.</summary>
    Compose,
}
