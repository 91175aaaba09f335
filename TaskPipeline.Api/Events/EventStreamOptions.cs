using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Api.Events;

/// <summary>Streams of server-sent events. Section <c>Events</c>.</summary>
public sealed class EventStreamOptions
{
    public const string SectionName = "Events";

    /// <summary>How long a stream is silent before a comment is sent, so that nothing between takes it for dead.</summary>
    /// <value>The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a reader may take to accept what is sent to it before it is dropped.</summary>
    /// <value>The default is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan WriteLimit { get; set; } = TimeSpan.FromSeconds(10);
}
