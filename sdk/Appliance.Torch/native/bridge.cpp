// The door to libtorch: a C ABI over its dispatcher.
//
// Operators are found by name and schema and called boxed, so every ATen operator, with autograd, on any device
// that the installed libtorch was built for, is reachable without one line of glue per operator.
// No exception leaves this file: each function returns -1 or null and keeps the message for bridge_last_error().
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <atomic>
#include <malloc.h>
#include <cstring>
#include <string>
#include <vector>

#include "four_bit_linear.h"
#include "packed_attention.h"
#include "pointwise.h"
#include "process_group.h"

namespace {
thread_local std::string last_error;
std::atomic<int64_t> live_tensors{0};

at::Tensor* keep(at::Tensor t) {
  live_tensors.fetch_add(1, std::memory_order_relaxed);
  return new at::Tensor(std::move(t));
}

// what_without_backtrace: an operator's log must not carry the addresses of this process.
template <class F> auto guarded(F&& body, decltype(body()) failed) -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown error in libtorch";
  }
  return failed;
}
}  // namespace

extern "C" {

enum Kind : int32_t { Absent, TensorArg, Int, Double, Bool, Ints, Tensors, Text, DeviceArg, Object };

struct Arg {
  int32_t kind;
  int32_t device_index;
  int64_t i;      // Int, Bool, length of a list, device type
  double d;       // Double
  const void* p;  // tensor, list or text
};

struct Out {
  int32_t kind;
  int32_t pad;
  int64_t i;
  double d;
  void* p;
};

const char* bridge_last_error() { return last_error.c_str(); }
int64_t bridge_live_tensors() { return live_tensors.load(); }

void* bridge_find(const char* name, const char* overload) {
  return guarded([&]() -> void* {
    auto op = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!op) { last_error = std::string("this libtorch has no operator ") + name + "." + overload; return nullptr; }
    return new c10::OperatorHandle(*op);
  }, nullptr);
}

static c10::IValue to_ivalue(const Arg& a, const c10::Argument& formal) {
  switch (a.kind) {
    case TensorArg: return *static_cast<const at::Tensor*>(a.p);
    case Int:
      // An integer literal is a valid number for a float parameter; the boxed call wants the exact tag.
      if (formal.type()->kind() == c10::TypeKind::FloatType) return static_cast<double>(a.i);
      return a.i;
    case Double: return a.d;
    case Bool: return a.i != 0;
    case Ints: {
      auto* p = static_cast<const int64_t*>(a.p);
      return c10::IValue(std::vector<int64_t>(p, p + a.i));
    }
    case Tensors: {
      auto* p = static_cast<at::Tensor* const*>(a.p);
      std::vector<at::Tensor> list;
      for (int64_t k = 0; k < a.i; k++) list.push_back(*p[k]);
      // Tensor?[] (index) and Tensor[] (cat) are different lists to the boxed call.
      if (auto listType = formal.type()->cast<c10::ListType>()) {
        if (listType->getElementType()->kind() == c10::TypeKind::OptionalType) {
          c10::List<c10::optional<at::Tensor>> optional;
          for (auto& t : list) optional.push_back(t);
          return optional;
        }
      }
      return c10::IValue(list);
    }
    case Text: return std::string(static_cast<const char*>(a.p), a.i);
    case Object: return *static_cast<const c10::IValue*>(a.p);
    case DeviceArg: return c10::Device(static_cast<c10::DeviceType>(a.i), static_cast<c10::DeviceIndex>(a.device_index));
    default: return {};
  }
}

// Calls the operator; arguments that are not given take the schema's defaults. Returns the number of results.
int32_t bridge_call(void* handle, const Arg* args, int32_t count, Out* outs, int32_t outs_max) {
  return guarded([&]() -> int32_t {
    auto& op = *static_cast<c10::OperatorHandle*>(handle);
    const auto& formals = op.schema().arguments();
    torch::jit::Stack stack;
    stack.reserve(formals.size());
    TORCH_CHECK(count <= static_cast<int32_t>(formals.size()), "too many arguments");
    for (int32_t k = 0; k < count; k++) stack.push_back(to_ivalue(args[k], formals[k]));
    for (size_t k = count; k < formals.size(); k++) {
      TORCH_CHECK(formals[k].default_value(), "argument '", formals[k].name(), "' has no default");
      stack.push_back(*formals[k].default_value());
    }
    op.callBoxed(&stack);
    int32_t n = 0;
    auto put = [&](const c10::IValue& v) {
      TORCH_CHECK(n < outs_max, "more results than the caller has room for");
      Out& o = outs[n++];
      std::memset(&o, 0, sizeof(o));
      if (v.isTensor()) { o.kind = TensorArg; o.p = v.toTensor().defined() ? keep(v.toTensor()) : nullptr; }
      else if (v.isInt()) { o.kind = Int; o.i = v.toInt(); }
      else if (v.isDouble()) { o.kind = Double; o.d = v.toDouble(); }
      else if (v.isBool()) { o.kind = Bool; o.i = v.toBool(); }
      else if (v.isCustomClass()) { o.kind = Object; o.p = new c10::IValue(v); }
      else TORCH_CHECK(v.isNone(), "result of an unexpected type");
    };
    for (auto& v : stack) {
      if (v.isTensorList()) { for (const at::Tensor& t : v.toTensorList()) put(t); }
      else put(v);
    }
    return n;
  }, -1);
}

void bridge_free(void* t) {
  live_tensors.fetch_sub(1, std::memory_order_relaxed);
  delete static_cast<at::Tensor*>(t);
}

// Packed weights of the quantised operators are objects, not tensors.
void bridge_free_object(void* o) { delete static_cast<c10::IValue*>(o); }
int32_t bridge_use_onednn_quantization() {
  return guarded([&]() -> int32_t { at::globalContext().setQEngine(at::QEngine::ONEDNN); return 0; }, -1);
}

// Large blocks stay with the process instead of being mapped, faulted in and unmapped for every tensor.
void bridge_keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  mallopt(M_ARENA_MAX, 1);
#endif
}

// Copies bytes from the caller's memory: nothing of libtorch ever points into managed memory.
void* bridge_from_bytes(const void* data, int64_t bytes, const int64_t* shape, int32_t dims, int32_t dtype) {
  return guarded([&]() -> void* {
    auto t = at::empty(at::IntArrayRef(shape, dims), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    TORCH_CHECK(static_cast<int64_t>(t.nbytes()) == bytes, "expected ", t.nbytes(), " bytes, got ", bytes);
    if (bytes > 0) std::memcpy(t.data_ptr(), data, bytes);
    return keep(t);
  }, nullptr);
}

void* bridge_data(void* t) {
  return guarded([&]() -> void* {
    auto& tensor = *static_cast<at::Tensor*>(t);
    TORCH_CHECK(tensor.is_contiguous() && tensor.device().is_cpu(), "the bytes of a tensor can be read on the CPU and when contiguous");
    return tensor.data_ptr();
  }, nullptr);
}

int32_t bridge_shape(void* t, int64_t* sizes, int32_t max, int32_t* dtype, int32_t* device_type, int32_t* device_index) {
  auto& tensor = *static_cast<at::Tensor*>(t);
  auto s = tensor.sizes();
  if (static_cast<int32_t>(s.size()) > max) return -1;
  for (size_t k = 0; k < s.size(); k++) sizes[k] = s[k];
  *dtype = static_cast<int32_t>(tensor.scalar_type());
  *device_type = static_cast<int32_t>(tensor.device().type());
  *device_index = tensor.device().index();
  return static_cast<int32_t>(s.size());
}

int32_t bridge_is_contiguous(void* t) { return static_cast<at::Tensor*>(t)->is_contiguous() ? 1 : 0; }
int32_t bridge_requires_grad(void* t) { return static_cast<at::Tensor*>(t)->requires_grad() ? 1 : 0; }
int32_t bridge_set_requires_grad(void* t, int32_t on) {
  return guarded([&]() -> int32_t { static_cast<at::Tensor*>(t)->set_requires_grad(on != 0); return 0; }, -1);
}
int32_t bridge_backward(void* t) {
  return guarded([&]() -> int32_t { static_cast<at::Tensor*>(t)->backward(); return 0; }, -1);
}
// 1 and a tensor, 0 when there is no gradient, -1 on an error.
int32_t bridge_grad(void* t, void** out) {
  return guarded([&]() -> int32_t {
    const auto& g = static_cast<at::Tensor*>(t)->grad();
    *out = g.defined() ? keep(g) : nullptr;
    return g.defined() ? 1 : 0;
  }, -1);
}
int32_t bridge_set_grad(void* t, void* grad) {
  return guarded([&]() -> int32_t {
    static_cast<at::Tensor*>(t)->mutable_grad() = grad ? *static_cast<at::Tensor*>(grad) : at::Tensor();
    return 0;
  }, -1);
}

void* bridge_packed_attention(void* qkv, void* lengths, int64_t heads, double scale, double dropout, int64_t seed, int32_t causal) {
  return guarded([&]() -> void* {
    return keep(packed_attention(*static_cast<at::Tensor*>(qkv), *static_cast<at::Tensor*>(lengths), heads, scale, dropout, seed, causal != 0));
  }, nullptr);
}

void* bridge_four_bit_linear(void* x, void* codes, void* scales, void* bias, int64_t outputs, int32_t transposed, int32_t half) {
  return guarded([&]() -> void* {
    return keep(four_bit_linear(*static_cast<at::Tensor*>(x), *static_cast<at::Tensor*>(codes), *static_cast<at::Tensor*>(scales),
                                bias ? *static_cast<at::Tensor*>(bias) : at::Tensor(), outputs, transposed != 0, half != 0));
  }, nullptr);
}

void* bridge_gelu(void* x) {
  return guarded([&]() -> void* { return keep(learning_gelu(*static_cast<at::Tensor*>(x))); }, nullptr);
}
void* bridge_dropout(void* x, double share, int64_t seed) {
  return guarded([&]() -> void* { return keep(learning_dropout(*static_cast<at::Tensor*>(x), share, seed)); }, nullptr);
}

void* bridge_group_open(const char* host, int32_t port, int32_t rank, int32_t size, int64_t timeout_ms) {
  return guarded([&]() -> void* { return open_group(host, port, rank, size, timeout_ms); }, nullptr);
}
int32_t bridge_group_sum(void* group, void** tensors, int64_t count) {
  return guarded([&]() -> int32_t {
    at::NoGradGuard off;
    std::vector<at::Tensor> list;
    for (int64_t k = 0; k < count; k++) list.push_back(*static_cast<at::Tensor*>(tensors[k]));
    sum_over_group(*static_cast<ProcessGroup*>(group), list);
    return 0;
  }, -1);
}
void bridge_group_close(void* group) {
  guarded([&]() -> int32_t { close_group(static_cast<ProcessGroup*>(group)); return 0; }, -1);
}

int32_t bridge_grad_mode() { return at::GradMode::is_enabled() ? 1 : 0; }
void bridge_set_grad_mode(int32_t on) { at::GradMode::set_enabled(on != 0); }
int32_t bridge_threads() { return at::get_num_threads(); }
int32_t bridge_set_threads(int32_t n) { return guarded([&]() -> int32_t { at::set_num_threads(n); return 0; }, -1); }
int32_t bridge_has_cuda() { return at::hasCUDA() ? 1 : 0; }

int32_t bridge_seed(int64_t seed) {
  return guarded([&]() -> int32_t { at::manual_seed(static_cast<uint64_t>(seed)); return 0; }, -1);
}
void* bridge_rng_state() {
  return guarded([&]() -> void* {
    auto gen = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(gen.mutex());
    return keep(gen.get_state());
  }, nullptr);
}
int32_t bridge_set_rng_state(void* t) {
  return guarded([&]() -> int32_t {
    auto gen = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(gen.mutex());
    gen.set_state(*static_cast<at::Tensor*>(t));
    return 0;
  }, -1);
}
}
