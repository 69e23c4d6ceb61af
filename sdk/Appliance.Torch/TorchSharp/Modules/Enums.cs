namespace TorchSharp
{
    /// <summary>What stands beyond the edge of an image; the names are TorchSharp's.</summary>
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    namespace Modules
    {
        /// <summary>The exact Gaussian error linear unit, or its approximation by a hyperbolic tangent.</summary>
        public static class GELU
        {
            public enum Approximate
            {
                none,
                tanh,
            }
        }
    }
}
