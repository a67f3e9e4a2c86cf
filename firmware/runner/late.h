// An object that is built in place when its time has come, in memory that is reserved at link time.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUNNER_LATE_H_
#define SIM_RUNNER_LATE_H_

namespace sim {

template <typename T>
struct Late {
  alignas(T) unsigned char bytes[sizeof(T)];
  T* get() { return reinterpret_cast<T*>(bytes); }
};

}  // namespace sim

#endif  // SIM_RUNNER_LATE_H_
