#pragma once
#include <linux/filter.h>
#include <napi.h>

#include "base/bytes.h"

namespace sockctl {

// A classic BPF program: struct sock_fprog, then the instructions it points at. Read back, the instructions alone.
constexpr size_t kInstruction = sizeof(sock_filter);
constexpr size_t kProgramRoom = kInstruction * 32;

void EncodeProgram(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeProgram(Napi::Env env, const Bytes& bytes);
size_t NeedsProgram(const Bytes& answer, size_t room);
size_t AimProgram(Bytes& bytes);

}  // namespace sockctl
