namespace Appliance.Models.Images;

/// <summary>An image as red, green and blue bytes, row by row.</summary>
/// <param name="Pixels">[height · width · 3].</param>
public sealed record Picture(int Width, int Height, byte[] Pixels);

/// <summary>An image file was refused; the reason says why.</summary>
public sealed class PictureException(string reason) : Exception($"Not a usable image: {reason}.");
