namespace TorchSharp;

public static partial class torch
{
    /// <summary>Until disposed, this thread records nothing for a backward pass.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.bridge_grad_mode() != 0;

    public static int get_num_threads() => Native.bridge_threads();

    public static void set_num_threads(int num) => Native.Check(Native.bridge_set_threads(num));

    public static class random
    {
        /// <summary>Seeds libtorch's generators on every device.</summary>
        public static void manual_seed(long seed) => Native.Check(Native.bridge_seed(seed));

        /// <summary>The CPU generator's state, to go on from later with the same numbers.</summary>
        public static Tensor get_rng_state() => new(Native.Check(Native.bridge_rng_state()));

        public static void set_rng_state(Tensor new_state) => Native.Check(Native.bridge_set_rng_state(new_state.Handle));
    }

    private sealed class GradMode : IDisposable
    {
        private readonly int _before = Native.bridge_grad_mode();

        internal GradMode(bool on) => Native.bridge_set_grad_mode(on ? 1 : 0);

        public void Dispose() => Native.bridge_set_grad_mode(_before);
    }
}
