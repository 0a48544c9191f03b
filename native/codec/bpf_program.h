#pragma once
#include <linux/filter.h>
#include <napi.h>

#include "base/bytes.h"

namespace sockctl {

// A classic BPF program: struct sock_fprog, then the instructions it points at. Read back, the instructions alone.
constexpr size_t kInstructionSize = sizeof(sock_filter);
constexpr size_t kProgramRoom = kInstructionSize * 32;

void EncodeProgram(const Napi::Value& value, Bytes& bytes);
Napi::Value DecodeProgram(Napi::Env env, const Bytes& bytes);
size_t ProgramRoomNeeded(const Bytes& answer, size_t room);
size_t SetProgramPointer(Bytes& bytes);

}  // namespace sockctl
