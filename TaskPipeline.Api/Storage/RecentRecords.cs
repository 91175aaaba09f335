using TaskPipeline.Api.State;
using TaskPipeline.Contracts;

namespace TaskPipeline.Api.Storage;

/// <summary>
/// The records that this replica wrote last, each with the stamp of that write: what is reported of a task next can then be decided
/// without a look at Redis, because the compare-and-set that follows refuses what is no longer true. Bounded: a newer record takes
/// the place of an older one. Thread safe.
/// </summary>
internal sealed class RecentRecords
{
    /// <summary>A power of two. About 1 KB for each entry that is in use: as many as wait in a busy minute, or every claim of a backlog would be read.</summary>
    private const int Size = 32_768;

    private readonly StampedRecord?[] _entries = new StampedRecord?[Size];

    public StampedRecord? Find(TaskId id) => Volatile.Read(ref _entries[PlaceOf(id)]) is { } entry && entry.Record.Id == id ? entry : null;

    /// <summary>Keeps a record; one that has ended is forgotten instead, since hardly anything is reported of it.</summary>
    public void Keep(StampedRecord entry)
    {
        if (entry.Record.IsTerminal)
        {
            Forget(entry.Record.Id);
            return;
        }

        Volatile.Write(ref _entries[PlaceOf(entry.Record.Id)], entry);
    }

    public void Forget(TaskId id)
    {
        if (Find(id) is not null)
        {
            Volatile.Write(ref _entries[PlaceOf(id)], null);
        }
    }

    /// <summary>Where the record of a task is kept: of those with the same place only the one that was written last is.</summary>
    internal static int PlaceOf(TaskId id) => id.GetHashCode() & (Size - 1);
}

/// <summary>A record as one write left it.</summary>
/// <param name="Record">The record.</param>
/// <param name="Stamp">What names that write and no other: the version, and from the second write on random digits.</param>
internal sealed record StampedRecord(TaskRecord Record, string Stamp);
