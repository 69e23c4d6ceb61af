#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

struct ProcessGroup;

// Waits until all processes have come, or throws after the timeout.
ProcessGroup* open_group(const std::string& host, int port, int rank, int size, int64_t timeout_ms);
// Replaces each tensor by its sum over all processes; throws when one is lost.
void sum_over_group(ProcessGroup& group, const std::vector<at::Tensor>& tensors);
void close_group(ProcessGroup* group);
