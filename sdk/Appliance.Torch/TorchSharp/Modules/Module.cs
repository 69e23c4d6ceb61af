using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        /// <summary>A part of a model: named parameters, buffers and sub-modules, in the order of registration.</summary>
        public class Module : IDisposable
        {
            private readonly List<(string Name, Module Module)> _modules = [];
            private readonly List<(string Name, Parameter Parameter)> _parameters = [];
            private readonly List<(string Name, Tensor Buffer)> _buffers = [];
            private readonly string _name;

            protected Module(string name) => _name = name;

            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => _name;

            public virtual void register_module(string name, Module submodule) => _modules.Add((name, submodule));

            public virtual void register_parameter(string name, Parameter param) => _parameters.Add((name, param));

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true) =>
                _buffers.Add((name, tensor.DetachFromDisposeScope()));

            public virtual IEnumerable<(string name, Module module)> named_children() => _modules;

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var (name, module) in _modules)
                {
                    yield return (name, module);
                    foreach (var (inner, child) in module.named_modules())
                    {
                        yield return ($"{name}.{inner}", child);
                    }
                }
            }

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                foreach (var own in _parameters)
                {
                    yield return own;
                }
                foreach (var (name, module) in recurse ? _modules : [])
                {
                    foreach (var (inner, parameter) in module.named_parameters())
                    {
                        yield return ($"{name}.{inner}", parameter);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true)
            {
                foreach (var own in _buffers)
                {
                    yield return own;
                }
                foreach (var (name, module) in recurse ? _modules : [])
                {
                    foreach (var (inner, buffer) in module.named_buffers())
                    {
                        yield return ($"{name}.{inner}", buffer);
                    }
                }
            }

            /// <summary>Every parameter and buffer under its full name, as a checkpoint holds it.</summary>
            public virtual Dictionary<string, Tensor> state_dict()
            {
                var state = named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
                foreach (var (name, buffer) in named_buffers())
                {
                    state.Add(name, buffer);
                }
                return state;
            }

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var (_, module) in _modules)
                {
                    module.train(train);
                }
            }

            public virtual void eval() => train(false);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            internal void MoveTo(Device device)
            {
                using var _ = no_grad();
                for (var k = 0; k < _buffers.Count; k++)
                {
                    _buffers[k] = (_buffers[k].Name, _buffers[k].Buffer.to(device).DetachFromDisposeScope());
                }
                foreach (var (_, parameter) in _parameters)
                {
                    parameter.MoveData(device);
                }
                foreach (var (_, module) in _modules)
                {
                    module.MoveTo(device);
                }
            }

            protected virtual void Dispose(bool disposing)
            {
                _parameters.ForEach(p => p.Parameter.Dispose());
                _buffers.ForEach(b => b.Buffer.Dispose());
                _modules.ForEach(m => m.Module.Dispose());
            }
        }

        /// <summary>A module with one input.</summary>
        public abstract class Module<T, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        /// <summary>A module with two inputs.</summary>
        public abstract class Module<T1, T2, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}

/// <summary>Moves a module's parameters and buffers between devices.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.Device device)
        where T : torch.nn.Module
    {
        module.MoveTo(device);
        return module;
    }
}
