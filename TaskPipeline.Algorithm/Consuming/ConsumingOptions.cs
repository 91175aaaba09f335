using System.ComponentModel.DataAnnotations;

namespace TaskPipeline.Algorithm.Consuming;

/// <summary>From where tasks are taken. Section <c>Consuming</c>.</summary>
public sealed class ConsumingOptions
{
    public const string SectionName = "Consuming";

    /// <summary>
    /// How many queues each lane has in the broker: <c>Publishing:QueuesPerLane</c> of the API. Queues that are not there yet are waited for; where the API has more, nobody takes
    /// from those beyond this number.
    /// </summary>
    /// <value>A power of two, at most 256. The default is 1.</value>
    [PowerOfTwo(256)]
    public int QueuesPerLane { get; set; } = 1;

    /// <summary>
    /// How long a queue may have messages ready and deliver none to this worker, which has open places for it, until it is connected to the broker anew: a delivery or an
    /// acknowledgement that gets lost on its way shows in no other way. A queue that brings nothing is asked for its messages each time that this has passed, and once more after a third of it.
    /// </summary>
    /// <value>The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StalledAfter { get; set; } = TimeSpan.FromSeconds(15);
}
