using System.ComponentModel.DataAnnotations;

namespace Microsoft.Extensions.Hosting;

/// <summary>The value is a power of two from 1 on.</summary>
/// <param name="most">The largest one.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PowerOfTwoAttribute(int most) : ValidationAttribute($"{{0}} must be a power of two from 1 to {most}")
{
    /// <summary>The largest one.</summary>
    public int Most => most;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is int number && int.IsPow2(number) && number <= most;
}
