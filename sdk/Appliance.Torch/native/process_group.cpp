// Several processes that add up their gradients: libtorch's own c10d over Gloo, met at a TCP store of the first process.
#include "process_group.h"

#if __has_include(<gloo/context.h>)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

struct ProcessGroup {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
};

ProcessGroup* open_group(const std::string& host, int port, int rank, int size, int64_t timeout_ms) {
  const std::chrono::milliseconds timeout(timeout_ms);
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.isServer = rank == 0;
  options.numWorkers = size;
  options.timeout = timeout;
  auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
  auto gloo = c10d::ProcessGroupGloo::Options::create();
  gloo->timeout = timeout;
  const bool local = host == "127.0.0.1" || host == "localhost";
  gloo->devices.push_back(local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1") : c10d::ProcessGroupGloo::createDefaultDevice());
  return new ProcessGroup{store, c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo)};
}

// One flat buffer: a call a tensor would wait for the network once a tensor.
void sum_over_group(ProcessGroup& group, const std::vector<at::Tensor>& tensors) {
  int64_t n = 0;
  for (auto& t : tensors) n += t.numel();
  auto flat = at::empty({n}, at::kFloat);
  int64_t at = 0;
  for (auto& t : tensors) {
    flat.narrow(0, at, t.numel()).copy_(t.reshape({-1}));
    at += t.numel();
  }
  std::vector<at::Tensor> one{flat};
  group.gloo->allreduce(one)->wait();
  at = 0;
  for (auto& t : tensors) {
    const_cast<at::Tensor&>(t).copy_(flat.narrow(0, at, t.numel()).view(t.sizes()));
    at += t.numel();
  }
}

void close_group(ProcessGroup* group) { delete group; }
#else
struct ProcessGroup {};
ProcessGroup* open_group(const std::string&, int, int, int, int64_t) { TORCH_CHECK(false, "this build has no Gloo: install libgloo-dev and build again"); }
void sum_over_group(ProcessGroup&, const std::vector<at::Tensor>&) {}
void close_group(ProcessGroup* group) { delete group; }
#endif
